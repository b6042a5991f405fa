// Strict YAML (1.2 as yaml-cpp reads it) for files that a person writes and a program obeys: our configuration,
// a kubeconfig, a credential provider configuration.
//
// Refused, as kMalformed, each with "file:line:column: what was expected, what was seen": a key that occurs
// twice, a key that is not a plain string, an alias, an anchor, a tag, a merge key, a second document, a byte
// that is not UTF-8, a NUL. As kLimitExceeded: more bytes, depth or nodes than `YamlLimits`. Unknown keys are
// found by `YamlNode::AllowOnly`, which every reader of a mapping calls first.
//
// Scalars have no type of their own: the reader that asks decides. `Bool` takes true and false only (never yes,
// on, or a quoted text), `Int` takes decimal digits only (never 010 as 8, never a quoted text).
//
// Not checked here: what the values mean. Lines and columns count from 1.
//
// A `YamlNode` is a view into its `YamlFile`, which must outlive it. Reading never throws: an absent key is a
// `missing` node, of which every typed reader gives an error that names place and key. Both are immutable
// after reading, so any number of threads may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::config {

struct YamlLimits {
  std::size_t max_bytes = 1u << 20;
  std::size_t max_depth = 32;
  std::size_t max_nodes = 50'000;  // keys and values together
};

enum class YamlKind { kMissing, kNull, kScalar, kSequence, kMapping };

class YamlFile;

class YamlNode {
 public:
  YamlNode() = default;

  YamlKind kind() const;
  bool missing() const { return kind() == YamlKind::kMissing; }
  bool present() const { return kind() > YamlKind::kNull; }
  bool IsMapping() const { return kind() == YamlKind::kMapping; }
  bool IsSequence() const { return kind() == YamlKind::kSequence; }
  bool IsScalar() const { return kind() == YamlKind::kScalar; }
  bool IsEmptyText() const;  // "" in quotes; an unquoted nothing is null

  // Value of a key, or element. Missing when there is none or when this is neither mapping nor sequence.
  YamlNode operator[](std::string_view key) const;
  YamlNode operator[](std::size_t index) const;
  std::size_t size() const;

  // Walks values or elements in the order of the file:  for (auto v = n.first(); !v.missing(); v = v.next())
  YamlNode first() const;
  YamlNode next() const;
  std::string_view name() const;  // the key of this value; empty for an element

  // An error unless this is a mapping (or null, read as an empty one) of only these keys.
  Status AllowOnly(std::initializer_list<std::string_view> keys) const;
  Status AllowOnly(std::span<const std::string_view> keys) const;

  // Typed readers. `String` takes any scalar, quoted or not, but not null and not an empty text.
  Result<std::string> String(std::size_t max_bytes = 64u << 10) const;
  Result<std::string> StringOr(std::string_view fallback, std::size_t max_bytes = 64u << 10) const;
  Result<bool> Bool() const;
  Result<bool> BoolOr(bool fallback) const;
  Result<std::int64_t> Int(std::int64_t least, std::int64_t most) const;
  // "6h", "1h30m", "90s" (base/time.h), within bounds.
  Result<Duration> DurationBetween(Duration least, Duration most) const;
  // Digits with an optional suffix Ki, Mi or Gi.
  Result<std::int64_t> ByteSize(std::int64_t least, std::int64_t most) const;
  // A sequence of strings; a missing or null node is an empty one.
  Result<std::vector<std::string>> Strings(std::size_t max_items = 1000) const;

  // An error at this place: "file:line:column: key: message". For what the reader of a value finds.
  Error Problem(std::string_view message) const;
  tl::unexpected<Error> Refuse(std::string_view message) const {
    return tl::make_unexpected(Problem(message));
  }

  std::size_t line() const;    // from 1; of a missing node: its parent's
  std::size_t column() const;  // from 1
  std::string Path() const;    // "registries[2].host"

 private:
  friend class YamlFile;
  YamlNode(const YamlFile* file, std::uint32_t index) : file_(file), index_(index) {}
  std::string Seen() const;
  tl::unexpected<Error> Expected(std::string_view what) const;

  const YamlFile* file_ = nullptr;
  std::uint32_t index_ = 0;
  bool missing_ = true;
  std::string missing_key_;
};

class YamlFile {
 public:
  // `name` is the file's name in messages.
  static Result<std::unique_ptr<YamlFile>> Parse(std::string_view text, std::string_view name,
                                                 const YamlLimits& limits = {});
  // Reads the file as well. kNotFound when it cannot be opened.
  static Result<std::unique_ptr<YamlFile>> Read(const std::string& path,
                                                const YamlLimits& limits = {});
  ~YamlFile();
  YamlFile(const YamlFile&) = delete;
  YamlFile& operator=(const YamlFile&) = delete;

  // An empty file is null.
  YamlNode root() const;
  const std::string& name() const;

 private:
  friend class YamlNode;
  struct Impl;
  explicit YamlFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::config
