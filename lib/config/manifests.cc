#include "config/manifests.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/printable.h"

namespace plimsoll::config {
namespace {

struct Refusal {
  YAML::Mark mark;
  Reason code;
  std::string message;
};

std::string Where(std::string_view file, const YAML::Mark& mark) {
  const auto from_one = [](int zero_based) { return zero_based < 0 ? 1 : zero_based + 1; };
  return std::string(file) + ":" + std::to_string(from_one(mark.line)) + ":" +
         std::to_string(from_one(mark.column)) + ": ";
}

void AppendQuoted(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// A plain scalar that is a number in JSON too keeps being one.
bool IsJsonNumber(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t whole = at;
  const std::size_t count = digits();
  if (count == 0 || count > 18 || (count > 1 && text[whole] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits();
    if (exponent == 0 || exponent > 2) return false;
  }
  return at == text.size() && text.size() <= 40;
}

std::string ScalarToJson(std::string_view text, bool plain) {
  if (plain) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
      return "null";
    if (text == "true" || text == "True" || text == "TRUE") return "true";
    if (text == "false" || text == "False" || text == "FALSE") return "false";
    if (IsJsonNumber(text)) return std::string(text);
  }
  std::string json;
  AppendQuoted(json, text);
  return json;
}

// Writes JSON while the events arrive. What an anchor names is kept as the JSON text that it became, with its
// number of nodes and depth, so that an alias costs a copy and can never be a cycle.
class JsonBuilder final : public YAML::EventHandler {
 public:
  JsonBuilder(const ManifestLimits& limits, std::vector<Manifest>& manifests)
      : limits_(limits), manifests_(manifests) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > limits_.max_documents) {
      throw Refusal{mark, kLimitExceeded,
                    "expected at most " + std::to_string(limits_.max_documents) + " documents"};
    }
    json_.clear();
    anchors_.clear();
    line_ = mark.line < 0 ? 1 : static_cast<std::size_t>(mark.line) + 1;
  }
  void OnDocumentEnd() override {
    if (!json_.empty() && json_ != "null") manifests_.push_back({line_, json_});
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Value(mark, anchor, "null", 1, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (AwaitingKey()) {
      TakeKey(mark, value);
      return;
    }
    const bool plain = tag == "?" || tag.empty();
    Value(mark, anchor, ScalarToJson(value, plain), 1, 0);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refusal{mark, kMalformed,
                    "expected an alias of something that is complete, found a cycle"};
    }
    Value(mark, 0, found->second.json, found->second.nodes, found->second.depth);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, '[');
  }
  void OnSequenceEnd() override { Close(']'); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, '{');
  }
  void OnMapEnd() override { Close('}'); }

 private:
  struct Anchored {
    std::string json;
    std::size_t nodes;
    std::size_t depth;
  };
  struct Level {
    bool mapping;
    bool has_key;
    bool has_items;
    YAML::anchor_t anchor;
    std::size_t json_start;
    std::size_t nodes_before;
    std::size_t deepest;
    std::unordered_set<std::string> keys;
    YAML::Mark mark;
  };

  bool AwaitingKey() const {
    return !levels_.empty() && levels_.back().mapping && !levels_.back().has_key;
  }

  void Count(const YAML::Mark& mark, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes;
    if (nodes_ > limits_.max_nodes || json_.size() + bytes > limits_.max_bytes * 4) {
      throw Refusal{mark, kLimitExceeded,
                    "expected at most " + std::to_string(limits_.max_nodes) +
                        " keys and values after aliases are written out"};
    }
  }

  void TakeKey(const YAML::Mark& mark, const std::string& key) {
    Count(mark, 1, key.size());
    Level& level = levels_.back();
    if (!level.keys.insert(key).second) {
      throw Refusal{mark, kMalformed, "expected each key once, found " + Printable(key) + " again"};
    }
    if (std::exchange(level.has_items, true)) json_ += ',';
    AppendQuoted(json_, key);
    json_ += ':';
    level.has_key = true;
  }

  // The separators before a value, and that the mapping now waits for a key.
  void Place(const YAML::Mark& mark) {
    if (AwaitingKey()) throw Refusal{mark, kMalformed, "expected a key that is a text"};
    if (levels_.empty()) return;
    Level& level = levels_.back();
    if (level.mapping) {
      level.has_key = false;
    } else if (std::exchange(level.has_items, true)) {
      json_ += ',';
    }
  }

  void Value(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& json,
             std::size_t nodes, std::size_t depth) {
    Place(mark);
    Count(mark, nodes, json.size());
    CheckDepth(mark, levels_.size() + depth);
    if (!levels_.empty()) levels_.back().deepest = std::max(levels_.back().deepest, depth);
    json_ += json;
    if (anchor != 0) Keep(mark, anchor, Anchored{json, nodes, depth});
  }

  void Keep(const YAML::Mark& mark, YAML::anchor_t anchor, Anchored kept) {
    kept_bytes_ += kept.json.size();
    if (kept_bytes_ > limits_.max_bytes * 4) {
      throw Refusal{mark, kLimitExceeded, "expected less text under anchors (&name)"};
    }
    anchors_[anchor] = std::move(kept);
  }

  void CheckDepth(const YAML::Mark& mark, std::size_t depth) const {
    if (depth > limits_.max_depth) {
      throw Refusal{mark, kLimitExceeded,
                    "expected at most " + std::to_string(limits_.max_depth) + " levels"};
    }
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, char bracket) {
    Place(mark);
    Count(mark, 1, 1);
    CheckDepth(mark, levels_.size() + 1);
    levels_.push_back(
        Level{bracket == '{', false, false, anchor, json_.size(), nodes_ - 1, 0, {}, mark});
    json_ += bracket;
  }

  void Close(char bracket) {
    json_ += bracket;
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    const std::size_t depth = level.deepest + 1;
    if (!levels_.empty()) levels_.back().deepest = std::max(levels_.back().deepest, depth);
    if (level.anchor != 0) {
      Keep(level.mark, level.anchor,
           Anchored{json_.substr(level.json_start), nodes_ - level.nodes_before, depth});
    }
  }

  const ManifestLimits& limits_;
  std::vector<Manifest>& manifests_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::vector<Level> levels_;
  std::string json_;
  std::size_t line_ = 1;
  std::size_t nodes_ = 0;
  std::size_t kept_bytes_ = 0;
  std::size_t documents_ = 0;
};

}  // namespace

Result<std::vector<Manifest>> ReadManifests(std::string_view text, std::string_view name,
                                            const ManifestLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Fail(kLimitExceeded, std::string(name) + ": expected at most " +
                                    std::to_string(limits.max_bytes) + " bytes, found " +
                                    std::to_string(text.size()));
  }
  if (!IsUtf8(text) || text.find('\0') != std::string_view::npos) {
    return Fail(kMalformed, std::string(name) + ": expected UTF-8 text without NUL bytes");
  }
  std::vector<Manifest> manifests;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    JsonBuilder builder(limits, manifests);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return Fail(refusal.code, Where(name, refusal.mark) + refusal.message);
  } catch (const YAML::Exception& problem) {
    return Fail(kMalformed, Where(name, problem.mark) + "expected YAML: " + Printable(problem.msg));
  } catch (const std::exception& problem) {
    return Fail(kMalformed, std::string(name) + ": expected YAML: " + Printable(problem.what()));
  }
  return manifests;
}

}  // namespace plimsoll::config
