#include "config/yaml.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "yaml_tree.h"

namespace plimsoll::config {

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
  for (std::uint32_t at = items[index_].first_child; at != kNoItem; at = items[at].next_sibling) {
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
  for (std::size_t skipped = 0; at != kNoItem && skipped < index; ++skipped)
    at = items[at].next_sibling;
  if (at == kNoItem) return found;
  found.index_ = at;
  found.missing_ = false;
  found.missing_key_.clear();
  return found;
}

std::size_t YamlNode::size() const { return missing() ? 0 : file_->impl_->items[index_].size; }

YamlNode YamlNode::first() const {
  if (missing() || file_->impl_->items[index_].first_child == kNoItem) return {};
  YamlNode node(file_, file_->impl_->items[index_].first_child);
  node.missing_ = false;
  return node;
}

YamlNode YamlNode::next() const {
  if (missing() || file_->impl_->items[index_].next_sibling == kNoItem) return {};
  YamlNode node(file_, file_->impl_->items[index_].next_sibling);
  node.missing_ = false;
  return node;
}

std::string_view YamlNode::name() const {
  return missing() ? std::string_view() : std::string_view(file_->impl_->items[index_].name);
}

bool YamlNode::IsEmptyText() const {
  return IsScalar() && file_->impl_->items[index_].text.empty();
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
    const YamlItem& item = file_->impl_->items[value.index_];
    return Fail(kMalformed, YamlPlace(file_->name(), item.key_line, item.key_column) +
                                value.Path() + ": unknown key; expected one of " + known);
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
  const YamlItem& item = file_->impl_->items[index_];
  return item.quoted ? "\"" + Printable(item.text, 64) + "\"" : Printable(item.text, 64);
}

tl::unexpected<Error> YamlNode::Expected(std::string_view what) const {
  return Refuse("expected " + std::string(what) + ", found " + Seen());
}

Error YamlNode::Problem(std::string_view message) const {
  if (file_ == nullptr) return Error{kMalformed, std::string(message), false};
  const std::string path = Path();
  return Error{kMalformed,
               YamlPlace(file_->name(), line(), column()) + (path.empty() ? "" : path + ": ") +
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
  for (std::uint32_t at = index_; items[at].parent != kNoItem; at = items[at].parent) {
    const YamlItem& parent = items[items[at].parent];
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
