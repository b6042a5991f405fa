#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/file.h"
#include "base/printable.h"

namespace plimsoll::config {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

struct Item {
  YamlKind kind = YamlKind::kNull;
  bool quoted = false;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t key_line = 1;  // of a mapping's value
  std::uint32_t key_column = 1;
  std::uint32_t parent = kNone;
  std::uint32_t first_child = kNone;
  std::uint32_t next_sibling = kNone;
  std::uint32_t size = 0;
  std::string name;  // the key, of a mapping's value
  std::string text;  // of a scalar
};

// Stops yaml-cpp in the middle of a document. Never leaves this file.
struct Refusal {
  YAML::Mark mark;
  Reason code;
  std::string message;
};

std::string Where(std::string_view file, std::size_t line, std::size_t column) {
  return std::string(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
}

std::size_t FromOne(int zero_based) {
  return zero_based < 0 ? 1 : static_cast<std::size_t>(zero_based) + 1;
}

bool IsPlainNull(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// Builds the flat tree; refuses what is not plain data.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::vector<Item>& items, const YamlLimits& limits)
      : items_(items), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      throw Refusal{mark, kMalformed, "expected one document, found a second one"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (AwaitingKey()) throw Refusal{mark, kMalformed, "expected a key, found null"};
    NoAnchor(mark, anchor);
    AddItem(mark, YamlKind::kNull);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal{mark, kMalformed,
                  "expected a value, found an alias (*name): write the value out"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    NoAnchor(mark, anchor);
    // yaml-cpp gives "?" for a plain scalar and "!" for a quoted one.
    const bool quoted = tag == "!";
    if (!quoted && tag != "?" && !tag.empty()) NoTag(mark);
    if (AwaitingKey()) {
      TakeKey(mark, value, quoted);
      return;
    }
    const std::uint32_t index =
        AddItem(mark, !quoted && IsPlainNull(value) ? YamlKind::kNull : YamlKind::kScalar);
    items_[index].quoted = quoted;
    if (items_[index].kind == YamlKind::kScalar) items_[index].text = value;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlKind::kSequence);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlKind::kMapping);
  }
  void OnMapEnd() override { stack_.pop_back(); }

 private:
  struct Level {
    std::uint32_t item;
    std::uint32_t last_child = kNone;
    bool has_key = false;
    std::string key;
    std::unordered_set<std::string> keys;
    YAML::Mark key_mark;
  };

  bool AwaitingKey() const {
    return !stack_.empty() && items_[stack_.back().item].kind == YamlKind::kMapping &&
           !stack_.back().has_key;
  }

  static void NoAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) {
      throw Refusal{mark, kMalformed,
                    "expected a value, found an anchor (&name): write values out"};
    }
  }
  static void NoTag(const YAML::Mark& mark) {
    throw Refusal{mark, kMalformed, "expected a value without a tag (!name)"};
  }

  void CountNode(const YAML::Mark& mark) {
    if (++nodes_ > limits_.max_nodes) {
      throw Refusal{mark, kLimitExceeded,
                    "expected at most " + std::to_string(limits_.max_nodes) + " keys and values"};
    }
  }

  void TakeKey(const YAML::Mark& mark, const std::string& key, bool quoted) {
    CountNode(mark);
    if (key.empty()) throw Refusal{mark, kMalformed, "expected a key, found an empty text"};
    if (key == "<<" && !quoted) {
      throw Refusal{mark, kMalformed, "expected a key, found a merge (<<): write the values out"};
    }
    Level& level = stack_.back();
    if (!level.keys.insert(key).second) {
      throw Refusal{mark, kMalformed, "expected each key once, found " + Printable(key) + " again"};
    }
    level.has_key = true;
    level.key = key;
    level.key_mark = mark;
  }

  std::uint32_t AddItem(const YAML::Mark& mark, YamlKind kind) {
    CountNode(mark);
    const auto index = static_cast<std::uint32_t>(items_.size());
    Item item;
    item.kind = kind;
    YAML::Mark place = mark;
    if (!stack_.empty()) {
      Level& level = stack_.back();
      item.parent = level.item;
      if (items_[level.item].kind == YamlKind::kMapping) {
        item.name = std::move(level.key);
        item.key_line = static_cast<std::uint32_t>(FromOne(level.key_mark.line));
        item.key_column = static_cast<std::uint32_t>(FromOne(level.key_mark.column));
        level.has_key = false;
        if (kind == YamlKind::kNull) place = level.key_mark;
      }
      if (level.last_child == kNone) {
        items_[level.item].first_child = index;
      } else {
        items_[level.last_child].next_sibling = index;
      }
      level.last_child = index;
      ++items_[level.item].size;
    }
    item.line = static_cast<std::uint32_t>(FromOne(place.line));
    item.column = static_cast<std::uint32_t>(FromOne(place.column));
    items_.push_back(std::move(item));
    return index;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlKind kind) {
    if (AwaitingKey()) {
      throw Refusal{mark, kMalformed, "expected a key, found a list or mapping"};
    }
    NoAnchor(mark, anchor);
    if (!tag.empty() && tag != "?") NoTag(mark);
    if (stack_.size() >= limits_.max_depth) {
      throw Refusal{mark, kLimitExceeded,
                    "expected at most " + std::to_string(limits_.max_depth) + " levels"};
    }
    const std::uint32_t index = AddItem(mark, kind);
    stack_.push_back(Level{index, kNone, false, {}, {}, {}});
  }

  std::vector<Item>& items_;
  const YamlLimits& limits_;
  std::vector<Level> stack_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// yaml-cpp skips bytes that are no UTF-8 and ends a text at a NUL; both would hide something from the reader.
Status CheckText(std::string_view text, std::string_view name) {
  std::size_t line = 1;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view row = text.substr(start, end - start);
    if (row.find('\0') != std::string_view::npos) {
      return Fail(kMalformed,
                  Where(name, line, row.find('\0') + 1) + "expected text, found a NUL byte");
    }
    if (!IsUtf8(row)) {
      return Fail(kMalformed,
                  Where(name, line, 1) + "expected UTF-8, found other bytes in this line");
    }
    if (end == text.size()) break;
    start = end + 1;
    ++line;
  }
  return {};
}

}  // namespace

struct YamlFile::Impl {
  std::string name;
  std::vector<Item> items;
};

YamlFile::YamlFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
YamlFile::~YamlFile() = default;

Result<std::unique_ptr<YamlFile>> YamlFile::Parse(std::string_view text, std::string_view name,
                                                  const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Fail(kLimitExceeded, std::string(name) + ": expected at most " +
                                    std::to_string(limits.max_bytes) + " bytes, found " +
                                    std::to_string(text.size()));
  }
  PLIMSOLL_TRY(CheckText(text, name));
  auto impl = std::make_unique<Impl>();
  impl->name = std::string(name);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(impl->items, limits);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return Fail(
        refusal.code,
        Where(name, FromOne(refusal.mark.line), FromOne(refusal.mark.column)) + refusal.message);
  } catch (const YAML::Exception& problem) {
    return Fail(kMalformed, Where(name, FromOne(problem.mark.line), FromOne(problem.mark.column)) +
                                "expected YAML: " + Printable(problem.msg));
  } catch (const std::exception& problem) {
    return Fail(kMalformed, Where(name, 1, 1) + "expected YAML: " + Printable(problem.what()));
  }
  if (impl->items.empty()) impl->items.emplace_back();
  return std::unique_ptr<YamlFile>(new YamlFile(std::move(impl)));
}

Result<std::unique_ptr<YamlFile>> YamlFile::Read(const std::string& path,
                                                 const YamlLimits& limits) {
  PLIMSOLL_ASSIGN(const std::string text, ReadFile(path, limits.max_bytes));
  return Parse(text, path, limits);
}

YamlNode YamlFile::root() const {
  YamlNode node(this, 0);
  node.missing_ = false;
  return node;
}

const std::string& YamlFile::name() const { return impl_->name; }

YamlKind YamlNode::kind() const {
  if (file_ == nullptr || missing_) return YamlKind::kMissing;
  return file_->impl_->items[index_].kind;
}

YamlNode YamlNode::operator[](std::string_view key) const {
  YamlNode found(file_, index_);
  found.missing_key_ = missing_ ? missing_key_ + "." + std::string(key) : std::string(key);
  if (kind() != YamlKind::kMapping) return found;
  const auto& items = file_->impl_->items;
  for (std::uint32_t at = items[index_].first_child; at != kNone; at = items[at].next_sibling) {
    if (items[at].name == key) {
      found.index_ = at;
      found.missing_ = false;
      found.missing_key_.clear();
      return found;
    }
  }
  return found;
}

YamlNode YamlNode::operator[](std::size_t index) const {
  YamlNode found(file_, index_);
  found.missing_key_ = "[" + std::to_string(index) + "]";
  if (kind() != YamlKind::kSequence) return found;
  const auto& items = file_->impl_->items;
  std::uint32_t at = items[index_].first_child;
  for (std::size_t skipped = 0; at != kNone && skipped < index; ++skipped)
    at = items[at].next_sibling;
  if (at == kNone) return found;
  found.index_ = at;
  found.missing_ = false;
  found.missing_key_.clear();
  return found;
}

std::size_t YamlNode::size() const { return missing() ? 0 : file_->impl_->items[index_].size; }

YamlNode YamlNode::first() const {
  if (missing() || file_->impl_->items[index_].first_child == kNone) return {};
  YamlNode node(file_, file_->impl_->items[index_].first_child);
  node.missing_ = false;
  return node;
}

YamlNode YamlNode::next() const {
  if (missing() || file_->impl_->items[index_].next_sibling == kNone) return {};
  YamlNode node(file_, file_->impl_->items[index_].next_sibling);
  node.missing_ = false;
  return node;
}

std::string_view YamlNode::name() const {
  return missing() ? std::string_view() : std::string_view(file_->impl_->items[index_].name);
}

Status YamlNode::AllowOnly(std::initializer_list<std::string_view> keys) const {
  return AllowOnly(std::span<const std::string_view>(keys.begin(), keys.size()));
}

Status YamlNode::AllowOnly(std::span<const std::string_view> keys) const {
  if (kind() == YamlKind::kNull) return {};
  if (!IsMapping()) return Expected("a mapping");
  for (YamlNode value = first(); !value.missing(); value = value.next()) {
    if (std::find(keys.begin(), keys.end(), value.name()) != keys.end()) continue;
    std::string known;
    for (const std::string_view key : keys) {
      if (!known.empty()) known += ", ";
      known += key;
    }
    const Item& item = file_->impl_->items[value.index_];
    return Fail(kMalformed, Where(file_->name(), item.key_line, item.key_column) + value.Path() +
                                ": unknown key; expected one of " + known);
  }
  return {};
}

Result<std::string> YamlNode::String(std::size_t max_bytes) const {
  if (!IsScalar() || file_->impl_->items[index_].text.empty()) return Expected("a string");
  const std::string& text = file_->impl_->items[index_].text;
  if (text.size() > max_bytes) {
    return Fail(kLimitExceeded,
                Problem("expected at most " + std::to_string(max_bytes) + " bytes").message);
  }
  return text;
}

Result<std::string> YamlNode::StringOr(std::string_view fallback, std::size_t max_bytes) const {
  if (!present()) return std::string(fallback);
  return String(max_bytes);
}

Result<bool> YamlNode::Bool() const {
  if (IsScalar() && !file_->impl_->items[index_].quoted) {
    if (file_->impl_->items[index_].text == "true") return true;
    if (file_->impl_->items[index_].text == "false") return false;
  }
  return Expected("true or false");
}

Result<bool> YamlNode::BoolOr(bool fallback) const {
  if (!present()) return fallback;
  return Bool();
}

namespace {

// Decimal, without sign games or leading zeros; -1 where it is not one or is too large.
std::int64_t ParseDigits(std::string_view text) {
  if (text.empty() || text.size() > 18 || (text.size() > 1 && text[0] == '0')) return -1;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Result<std::int64_t> YamlNode::Int(std::int64_t least, std::int64_t most) const {
  const std::string what =
      "an integer from " + std::to_string(least) + " to " + std::to_string(most);
  if (!IsScalar() || file_->impl_->items[index_].quoted) return Expected(what);
  std::string_view text = file_->impl_->items[index_].text;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const std::int64_t digits = ParseDigits(text);
  if (digits < 0) return Expected(what);
  const std::int64_t value = negative ? -digits : digits;
  if (value < least || value > most) return Expected(what);
  return value;
}

Result<Duration> YamlNode::DurationBetween(Duration least, Duration most) const {
  const std::string what = "a duration from " + FormatDuration(least) + " to " +
                           FormatDuration(most) + " such as 90s, 5m or 1h30m";
  if (!IsScalar()) return Expected(what);
  const auto value = ParseDuration(file_->impl_->items[index_].text);
  if (!value || *value < least || *value > most) return Expected(what);
  return *value;
}

Result<std::int64_t> YamlNode::ByteSize(std::int64_t least, std::int64_t most) const {
  const std::string what = "a number of bytes from " + std::to_string(least) + " to " +
                           std::to_string(most) + ", with Ki, Mi or Gi if wanted";
  if (!IsScalar()) return Expected(what);
  std::string_view text = file_->impl_->items[index_].text;
  std::int64_t unit = 1;
  if (text.size() > 2 && text.back() == 'i') {
    const char letter = text[text.size() - 2];
    unit = letter == 'K' ? 1 << 10 : letter == 'M' ? 1 << 20 : letter == 'G' ? 1 << 30 : 0;
    if (unit == 0) return Expected(what);
    text.remove_suffix(2);
  }
  const std::int64_t digits = ParseDigits(text);
  if (digits < 0 || digits > most / unit || digits * unit < least) return Expected(what);
  return digits * unit;
}

Result<std::vector<std::string>> YamlNode::Strings(std::size_t max_items) const {
  std::vector<std::string> texts;
  if (!present()) return texts;
  if (!IsSequence()) return Expected("a list of strings");
  if (size() > max_items) {
    return Fail(kLimitExceeded,
                Problem("expected at most " + std::to_string(max_items) + " items").message);
  }
  for (YamlNode item = first(); !item.missing(); item = item.next()) {
    PLIMSOLL_ASSIGN(std::string text, item.String());
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string YamlNode::Seen() const {
  switch (kind()) {
    case YamlKind::kMissing:
      return "nothing";
    case YamlKind::kNull:
      return "null";
    case YamlKind::kSequence:
      return "a list";
    case YamlKind::kMapping:
      return "a mapping";
    case YamlKind::kScalar:
      break;
  }
  const Item& item = file_->impl_->items[index_];
  return item.quoted ? "\"" + Printable(item.text, 64) + "\"" : Printable(item.text, 64);
}

tl::unexpected<Error> YamlNode::Expected(std::string_view what) const {
  return Refuse("expected " + std::string(what) + ", found " + Seen());
}

Error YamlNode::Problem(std::string_view message) const {
  if (file_ == nullptr) return Error{kMalformed, std::string(message), false};
  const std::string path = Path();
  return Error{kMalformed,
               Where(file_->name(), line(), column()) + (path.empty() ? "" : path + ": ") +
                   std::string(message),
               false};
}

std::size_t YamlNode::line() const {
  return file_ == nullptr ? 1 : file_->impl_->items[index_].line;
}
std::size_t YamlNode::column() const {
  return file_ == nullptr ? 1 : file_->impl_->items[index_].column;
}

std::string YamlNode::Path() const {
  if (file_ == nullptr) return {};
  const auto& items = file_->impl_->items;
  std::vector<std::string> parts;
  for (std::uint32_t at = index_; items[at].parent != kNone; at = items[at].parent) {
    const Item& parent = items[items[at].parent];
    if (parent.kind == YamlKind::kMapping) {
      parts.push_back(Printable(items[at].name, 64));
      continue;
    }
    std::size_t position = 0;
    for (std::uint32_t sibling = parent.first_child; sibling != at;
         sibling = items[sibling].next_sibling) {
      ++position;
    }
    parts.push_back("[" + std::to_string(position) + "]");
  }
  std::string path;
  const auto append = [&path](const std::string& part) {
    if (!path.empty() && part[0] != '[') path += '.';
    path += part;
  };
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) append(*part);
  if (missing_ && !missing_key_.empty()) append(missing_key_);
  return path;
}

}  // namespace plimsoll::config
