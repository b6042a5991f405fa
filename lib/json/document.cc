#include <algorithm>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

#include "rapidjson_reader.h"

namespace plimsoll::json {
namespace {

constexpr std::uint32_t kNoNode = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMaxPathBytes = 256;

// 32 bytes. Strings lie in one arena; children are a linked list, in the order of the text.
struct Node {
  Kind kind = Kind::kNull;
  bool is_unsigned = false;  // kInteger beyond int64: `integer` holds the bits of a uint64
  std::uint32_t parent = kNoNode;
  std::uint32_t next = kNoNode;
  std::uint32_t count_or_length = 0;  // children of a container, bytes of a string
  std::uint32_t name_length = 0;
  std::uint32_t name_offset = 0;
  union {
    std::int64_t integer;
    double number;
    std::uint64_t offset_or_first;  // string: offset in the arena; container: first child
  } as{0};
};

}  // namespace

struct Document::Impl {
  std::vector<Node> nodes;
  std::string arena;

  std::string_view NameOf(const Node& node) const {
    return std::string_view(arena).substr(node.name_offset, node.name_length);
  }
  std::string_view TextOf(const Node& node) const {
    return std::string_view(arena).substr(node.as.offset_or_first, node.count_or_length);
  }
};

namespace {

// Builds the nodes while the text is read.
class Builder {
 public:
  Builder(std::vector<Node>& nodes, std::string& arena, bool refuse_duplicates)
      : nodes_(nodes), arena_(arena), refuse_duplicates_(refuse_duplicates) {}

  bool Null() { return Add(Kind::kNull) != nullptr; }
  bool Bool(bool value) {
    Add(Kind::kBool)->as.integer = value ? 1 : 0;
    return true;
  }
  bool Int(std::int64_t value) {
    Add(Kind::kInteger)->as.integer = value;
    return true;
  }
  bool Uint(std::uint64_t value) {
    Node* node = Add(Kind::kInteger);
    node->as.offset_or_first = value;
    node->is_unsigned =
        value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return true;
  }
  bool Double(double value) {
    Add(Kind::kDouble)->as.number = value;
    return true;
  }
  bool String(std::string_view value) {
    Node* node = Add(Kind::kString);
    node->as.offset_or_first = arena_.size();
    node->count_or_length = static_cast<std::uint32_t>(value.size());
    arena_.append(value);
    return true;
  }
  bool Key(std::string_view name) {
    name_offset_ = static_cast<std::uint32_t>(arena_.size());
    name_length_ = static_cast<std::uint32_t>(name.size());
    arena_.append(name);
    return true;
  }
  bool StartObject() { return Open(Kind::kObject); }
  bool StartArray() { return Open(Kind::kArray); }
  bool EndArray() {
    open_.pop_back();
    return true;
  }
  bool EndObject() {
    const std::uint32_t object = open_.back().node;
    open_.pop_back();
    return !refuse_duplicates_ || HasDistinctNames(object);
  }

  const std::string& duplicate() const { return duplicate_; }

 private:
  struct OpenContainer {
    std::uint32_t node;
    std::uint32_t last_child;
  };

  Node* Add(Kind kind) {
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    Node node;
    node.kind = kind;
    node.name_offset = name_offset_;
    node.name_length = name_length_;
    name_length_ = 0;
    if (!open_.empty()) {
      OpenContainer& parent = open_.back();
      node.parent = parent.node;
      if (parent.last_child == kNoNode) {
        nodes_[parent.node].as.offset_or_first = index;
      } else {
        nodes_[parent.last_child].next = index;
      }
      parent.last_child = index;
      ++nodes_[parent.node].count_or_length;
    }
    nodes_.push_back(node);
    return &nodes_.back();
  }

  bool Open(Kind kind) {
    Add(kind)->as.offset_or_first = kNoNode;
    open_.push_back({static_cast<std::uint32_t>(nodes_.size() - 1), kNoNode});
    return true;
  }

  bool HasDistinctNames(std::uint32_t object) {
    names_.clear();
    for (auto child = static_cast<std::uint32_t>(nodes_[object].as.offset_or_first);
         child != kNoNode; child = nodes_[child].next) {
      names_.push_back(
          std::string_view(arena_).substr(nodes_[child].name_offset, nodes_[child].name_length));
    }
    std::sort(names_.begin(), names_.end());
    const auto twice = std::adjacent_find(names_.begin(), names_.end());
    if (twice == names_.end()) return true;
    duplicate_ = "JSON with the member \"" + Printable(*twice, 64) + "\" twice in one object";
    return false;
  }

  std::vector<Node>& nodes_;
  std::string& arena_;
  const bool refuse_duplicates_;
  std::vector<OpenContainer> open_;
  std::vector<std::string_view> names_;
  std::uint32_t name_offset_ = 0;
  std::uint32_t name_length_ = 0;
  std::string duplicate_;
};

std::string_view NameOfKind(Kind kind) {
  switch (kind) {
    case Kind::kMissing:
      return "nothing";
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kInteger:
      return "an integer";
    case Kind::kDouble:
      return "a number with a fraction or beyond 64 bits";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "nothing";
}

tl::unexpected<Error> Mismatch(const Value& value, std::string_view expected) {
  return Fail(kMalformed, value.Path() + ": expected " + std::string(expected) + ", found " +
                              std::string(NameOfKind(value.kind())));
}

}  // namespace

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Result<Document> Document::Parse(std::string_view text, const Limits& limits) {
  // Offsets into the arena are 32 bits wide.
  if (text.size() > std::numeric_limits<std::int32_t>::max()) {
    return Fail(kLimitExceeded, "JSON larger than 2 GiB");
  }
  auto impl = std::make_unique<Impl>();
  Builder builder(impl->nodes, impl->arena, limits.refuse_duplicates);
  const Status parsed = internal::Parse(text, limits, builder);
  if (!builder.duplicate().empty()) return Fail(kMalformed, builder.duplicate());
  PLIMSOLL_TRY(parsed);
  return Document(std::move(impl));
}

Value Document::root() const { return Value(this, 0); }

Kind Value::kind() const {
  if (document_ == nullptr || node_ == kNoNode) return Kind::kMissing;
  return document_->impl_->nodes[node_].kind;
}

Value Value::operator[](std::string_view key) const {
  if (kind() == Kind::kObject) {
    const auto& nodes = document_->impl_->nodes;
    for (auto child = static_cast<std::uint32_t>(nodes[node_].as.offset_or_first); child != kNoNode;
         child = nodes[child].next) {
      if (document_->impl_->NameOf(nodes[child]) == key) return Value(document_, child);
    }
  }
  Value missing(document_, kNoNode);
  missing.missing_parent_ = this->missing() ? missing_parent_ : node_;
  missing.missing_key_ = this->missing() && !missing_key_.empty() ? missing_key_ : key;
  return missing;
}

Value Value::operator[](std::size_t index) const {
  if (kind() == Kind::kArray) {
    Value element = first();
    for (; index > 0 && !element.missing(); --index) element = element.next();
    if (!element.missing()) return element;
  }
  Value missing(document_, kNoNode);
  missing.missing_parent_ = this->missing() ? missing_parent_ : node_;
  return missing;
}

std::size_t Value::size() const {
  const Kind k = kind();
  return k == Kind::kArray || k == Kind::kObject ? document_->impl_->nodes[node_].count_or_length
                                                 : 0;
}

Value Value::first() const {
  const Kind k = kind();
  if (k != Kind::kArray && k != Kind::kObject) return Value(document_, kNoNode);
  return Value(document_,
               static_cast<std::uint32_t>(document_->impl_->nodes[node_].as.offset_or_first));
}

Value Value::next() const {
  return missing() ? *this : Value(document_, document_->impl_->nodes[node_].next);
}

std::string_view Value::name() const {
  return missing() ? std::string_view{} : document_->impl_->NameOf(document_->impl_->nodes[node_]);
}

Result<std::string_view> Value::String() const {
  if (kind() != Kind::kString) return Mismatch(*this, "a string");
  return document_->impl_->TextOf(document_->impl_->nodes[node_]);
}

Result<std::int64_t> Value::Int64() const {
  if (kind() != Kind::kInteger) return Mismatch(*this, "an integer");
  const Node& node = document_->impl_->nodes[node_];
  if (node.is_unsigned)
    return Fail(kMalformed, Path() + ": expected an integer of 64 bits with sign");
  return node.as.integer;
}

Result<std::uint64_t> Value::Uint64() const {
  if (kind() != Kind::kInteger) return Mismatch(*this, "an integer");
  const Node& node = document_->impl_->nodes[node_];
  if (!node.is_unsigned && node.as.integer < 0) {
    return Fail(kMalformed, Path() + ": expected an integer that is not negative");
  }
  return node.as.offset_or_first;
}

Result<bool> Value::Bool() const {
  if (kind() != Kind::kBool) return Mismatch(*this, "true or false");
  return document_->impl_->nodes[node_].as.integer != 0;
}

Result<double> Value::Double() const {
  const Kind k = kind();
  if (k != Kind::kDouble && k != Kind::kInteger) return Mismatch(*this, "a number");
  const Node& node = document_->impl_->nodes[node_];
  if (k == Kind::kDouble) return node.as.number;
  return node.is_unsigned ? static_cast<double>(node.as.offset_or_first)
                          : static_cast<double>(node.as.integer);
}

Result<Value> Value::Object() const {
  if (kind() != Kind::kObject) return Mismatch(*this, "an object");
  return *this;
}

Result<Value> Value::Array() const {
  if (kind() != Kind::kArray) return Mismatch(*this, "an array");
  return *this;
}

Result<std::string_view> Value::StringOr(std::string_view fallback) const {
  if (!present()) return fallback;
  return String();
}
Result<std::int64_t> Value::Int64Or(std::int64_t fallback) const {
  if (!present()) return fallback;
  return Int64();
}
Result<bool> Value::BoolOr(bool fallback) const {
  if (!present()) return fallback;
  return Bool();
}
std::string_view Value::StringOrEmpty() const {
  return kind() == Kind::kString ? document_->impl_->TextOf(document_->impl_->nodes[node_])
                                 : std::string_view{};
}

std::string Value::Path() const {
  if (document_ == nullptr) return "$";
  const auto& nodes = document_->impl_->nodes;
  std::vector<std::string> parts;
  std::uint32_t node = node_;
  if (node == kNoNode) {
    parts.push_back(missing_key_.empty() ? "[?]" : "." + Printable(missing_key_, 64));
    node = missing_parent_;
  }
  for (; node != kNoNode && nodes[node].parent != kNoNode; node = nodes[node].parent) {
    const Node& parent = nodes[nodes[node].parent];
    if (parent.kind == Kind::kObject) {
      parts.push_back("." + Printable(document_->impl_->NameOf(nodes[node]), 64));
      continue;
    }
    std::size_t index = 0;
    for (auto child = static_cast<std::uint32_t>(parent.as.offset_or_first); child != node;
         child = nodes[child].next) {
      ++index;
    }
    parts.push_back("[" + std::to_string(index) + "]");
  }
  std::string path = "$";
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) path += *part;
  return Printable(path, kMaxPathBytes);
}

}  // namespace plimsoll::json
