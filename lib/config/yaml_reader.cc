#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "yaml_tree.h"

namespace plimsoll::config {
namespace {

// Stops yaml-cpp in the middle of a document. Never leaves this file.
struct Refusal {
  YAML::Mark mark;
  Reason code;
  std::string message;
};

std::size_t FromOne(int zero_based) {
  return zero_based < 0 ? 1 : static_cast<std::size_t>(zero_based) + 1;
}

bool IsPlainNull(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// Builds the flat tree; refuses what is not plain data.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::vector<YamlItem>& items, const YamlLimits& limits)
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
    std::uint32_t last_child = kNoItem;
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
    YamlItem item;
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
      if (level.last_child == kNoItem) {
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
    stack_.push_back(Level{index, kNoItem, false, {}, {}, {}});
  }

  std::vector<YamlItem>& items_;
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
                  YamlPlace(name, line, row.find('\0') + 1) + "expected text, found a NUL byte");
    }
    if (!IsUtf8(row)) {
      return Fail(kMalformed,
                  YamlPlace(name, line, 1) + "expected UTF-8, found other bytes in this line");
    }
    if (end == text.size()) break;
    start = end + 1;
    ++line;
  }
  return {};
}

}  // namespace

std::string YamlPlace(std::string_view file, std::size_t line, std::size_t column) {
  return std::string(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
}

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
    return Fail(refusal.code,
                YamlPlace(name, FromOne(refusal.mark.line), FromOne(refusal.mark.column)) +
                    refusal.message);
  } catch (const YAML::Exception& problem) {
    return Fail(kMalformed,
                YamlPlace(name, FromOne(problem.mark.line), FromOne(problem.mark.column)) +
                    "expected YAML: " + Printable(problem.msg));
  } catch (const std::exception& problem) {
    return Fail(kMalformed, YamlPlace(name, 1, 1) + "expected YAML: " + Printable(problem.what()));
  }
  if (impl->items.empty()) impl->items.emplace_back();
  return std::unique_ptr<YamlFile>(new YamlFile(std::move(impl)));
}

Result<std::unique_ptr<YamlFile>> YamlFile::Read(const std::string& path,
                                                 const YamlLimits& limits) {
  PLIMSOLL_ASSIGN(const std::string text, ReadFile(path, limits.max_bytes));
  return Parse(text, path, limits);
}

}  // namespace plimsoll::config
