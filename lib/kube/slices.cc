#include "slices.h"

#include <array>
#include <string>
#include <utility>

namespace plimsoll::kube {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxItems = 2'000'000;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  char Peek() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() { return Peek() == '\0' && at_ >= text_.size(); }

  // A string without escapes; false for anything else.
  bool PlainString(std::string_view& value) {
    if (!Take('"')) return false;
    const std::size_t end = text_.find_first_of("\"\\", at_);
    if (end == std::string_view::npos || text_[end] != '"') return false;
    value = text_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }

  // Any value; `value` is its text.
  bool Value(std::string_view& value) {
    const char first = Peek();
    const std::size_t start = at_;
    bool ok = false;
    if (first == '"') {
      ok = SkipString();
    } else if (first == '{' || first == '[') {
      ok = SkipNested();
    } else {
      ok = SkipBare();
    }
    value = text_.substr(start, at_ - start);
    return ok;
  }

 private:
  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  bool SkipString() {
    ++at_;
    while (true) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos) {
        at_ = text_.size();
        return false;
      }
      if (text_[at_++] == '"') return true;
      if (at_ >= text_.size()) return false;
      ++at_;
    }
  }

  bool SkipNested() {
    std::array<char, kMaxDepth> closing{};
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!SkipString()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') {
        if (depth == kMaxDepth) return false;
        closing[depth++] = c == '{' ? '}' : ']';
      } else if (c == '}' || c == ']') {
        if (closing[--depth] != c) return false;
        if (depth == 0) return true;
      }
    }
    return false;
  }

  bool SkipBare() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && text_[at_] != ']' &&
           !IsSpace(text_[at_])) {
      ++at_;
    }
    return at_ > start;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

tl::unexpected<Error> Malformed(std::string_view what) {
  return Fail(kMalformed, "expected " + std::string(what));
}

// Calls member(name) for each member of an object; it consumes the value and answers whether that was well.
template <class Member>
bool WalkObject(Scanner& scanner, Member member) {
  if (!scanner.Take('{')) return false;
  if (scanner.Take('}')) return true;
  do {
    std::string_view name;
    if (!scanner.PlainString(name) || !scanner.Take(':') || !member(name)) return false;
  } while (scanner.Take(','));
  return scanner.Take('}');
}

// A string for `target`, which must not have been there before. null counts as absent.
bool TakeString(Scanner& scanner, std::string_view& target) {
  if (scanner.Peek() == 'n') {
    std::string_view null;
    return scanner.Value(null) && null == "null";
  }
  return target.empty() && scanner.PlainString(target);
}

bool TakeItems(Scanner& scanner, std::vector<std::string_view>& items) {
  if (scanner.Peek() == 'n') {
    std::string_view null;
    return scanner.Value(null) && null == "null";
  }
  if (!items.empty() || !scanner.Take('[')) return false;
  if (scanner.Take(']')) return true;
  do {
    if (scanner.Peek() != '{' || items.size() >= kMaxItems) return false;
    if (!scanner.Value(items.emplace_back())) return false;
  } while (scanner.Take(','));
  return scanner.Take(']');
}

}  // namespace

Result<EventFrame> SplitEvent(std::string_view line) {
  Scanner scanner(line);
  EventFrame frame;
  const bool ok = WalkObject(scanner, [&](std::string_view name) {
    if (name == "type") return TakeString(scanner, frame.type);
    if (name == "object") {
      return frame.object.empty() && scanner.Peek() == '{' && scanner.Value(frame.object);
    }
    std::string_view other;
    return scanner.Value(other);
  });
  if (!ok || !scanner.AtEnd() || frame.type.empty() || frame.object.empty()) {
    return Malformed("a watch event {type, object}");
  }
  return frame;
}

Result<ListFrame> SplitList(std::string_view body) {
  Scanner scanner(body);
  ListFrame frame;
  bool saw_metadata = false;
  const auto metadata = [&](std::string_view name) {
    if (name == "resourceVersion") return TakeString(scanner, frame.resource_version);
    if (name == "continue") return TakeString(scanner, frame.continue_token);
    std::string_view other;
    return scanner.Value(other);
  };
  const bool ok = WalkObject(scanner, [&](std::string_view name) {
    if (name == "kind") return TakeString(scanner, frame.kind);
    if (name == "apiVersion") return TakeString(scanner, frame.api_version);
    if (name == "items") return TakeItems(scanner, frame.items);
    if (name == "metadata") {
      return !std::exchange(saw_metadata, true) && WalkObject(scanner, metadata);
    }
    std::string_view other;
    return scanner.Value(other);
  });
  if (!ok || !scanner.AtEnd()) return Malformed("a list {kind, apiVersion, metadata, items}");
  if (frame.resource_version.empty()) return Malformed("a list with metadata.resourceVersion");
  return frame;
}

}  // namespace plimsoll::kube
