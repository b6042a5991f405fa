// The only door to JSON parsing (RFC 8259).
//
// `Document::Parse` refuses, as kMalformed: text that is not UTF-8, a byte order mark, a NUL byte,
// anything after the value, comments, NaN, a lone surrogate escape, and a member name that occurs
// twice in one object (two readers of one text must never see two values). As kLimitExceeded: more
// bytes, depth, values or string bytes than `Limits` says. It never recurses, so depth costs no
// stack.
//
// Numbers keep what they are: an integer that fits int64 or uint64 is exact; everything else is a
// double, and a typed reader that asks an integer of it fails.
//
// A `Value` is a view into its Document, which must outlive it. Reading never fails by exception or
// assert: a member that is not there is a `missing` Value, of which every typed reader gives an
// error that names the path ("$.spec.repository: expected a string, found nothing").
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::json {

struct Limits {
  std::size_t max_bytes = 4u << 20;
  std::size_t max_depth = 32;
  std::size_t max_values = 100'000;  // values and member names together
  bool refuse_duplicates = true;     // off only for answers of the API server
};

enum class Kind { kMissing, kNull, kBool, kInteger, kDouble, kString, kArray, kObject };

class Document;

class Value {
 public:
  Value() = default;

  Kind kind() const;
  bool missing() const { return kind() == Kind::kMissing; }
  // Neither missing nor null: protobuf's JSON mapping and Kubernetes both treat null as absent.
  bool present() const { return kind() > Kind::kNull; }
  bool IsObject() const { return kind() == Kind::kObject; }
  bool IsArray() const { return kind() == Kind::kArray; }
  bool IsString() const { return kind() == Kind::kString; }

  // Member or element; missing when there is none, or when this is not an object (array).
  Value operator[](std::string_view key) const;
  Value operator[](std::size_t index) const;
  std::size_t size() const;  // elements or members; 0 for everything else

  // Walks elements or members in the order of the text:  for (auto v = x.first(); !v.missing(); v =
  // v.next())
  Value first() const;
  Value next() const;
  std::string_view name() const;  // of a member: its key; else empty

  // Typed readers. The views are valid as long as the Document.
  Result<std::string_view> String() const;
  Result<std::int64_t> Int64() const;
  Result<std::uint64_t> Uint64() const;
  Result<bool> Bool() const;
  Result<double> Double() const;  // any number
  Result<Value> Object() const;   // itself, when it is one
  Result<Value> Array() const;

  // The same, with a fallback for missing and null; another kind is still an error.
  Result<std::string_view> StringOr(std::string_view fallback) const;
  Result<std::int64_t> Int64Or(std::int64_t fallback) const;
  Result<bool> BoolOr(bool fallback) const;
  // The string, or empty for everything else: for hints that decide nothing.
  std::string_view StringOrEmpty() const;

  // "$.spec.containers[2].image", for messages; member names are escaped, at most 256 bytes.
  std::string Path() const;

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t node) : document_(document), node_(node) {}
  const Document* document_ = nullptr;
  std::uint32_t node_ = 0;
  std::uint32_t missing_parent_ = 0;
  std::string_view missing_key_;
};

class Document {
 public:
  static Result<Document> Parse(std::string_view text, const Limits& limits = {});
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  Value root() const;

 private:
  friend class Value;
  struct Impl;
  explicit Document(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Event by event, for texts too large for a Document. Return false to stop: the parse then fails
// with kLimitExceeded unless `Stopped()` says otherwise. Same refusals as Document::Parse, except
// that duplicate names are the handler's concern. Views are valid during the call only.
//
// Before each value Wants() is asked. What is not wanted is JSON, or refused, and the handler is told no more of it and
// of all that lies in it than Skipped(): that is several times as fast.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual bool Wants() const { return true; }
  virtual void Skipped() {}
  virtual bool Null() = 0;
  virtual bool Bool(bool value) = 0;
  virtual bool Int(std::int64_t value) = 0;
  virtual bool Double(double value) = 0;  // also integers beyond int64
  virtual bool String(std::string_view value) = 0;
  virtual bool Key(std::string_view name) = 0;
  virtual bool StartObject() = 0;
  virtual bool EndObject() = 0;
  virtual bool StartArray() = 0;
  virtual bool EndArray() = 0;
};
Status ParseEvents(std::string_view text, const Limits& limits, Handler& handler);

}  // namespace plimsoll::json
