// Writes JSON text, compact and deterministic: members in the order of the calls.
//
//   json::Writer w;
//   w.BeginObject();
//   w.Member("repository", key);
//   w.Key("images"); w.BeginArray(); w.String("a"); w.EndArray();
//   w.EndObject();
//   std::string text = std::move(w).Take();
//
// Strings that are not UTF-8 have their bad bytes replaced by U+FFFD, so the output is always
// valid. A call out of order (a value without a key) is a defect of the caller and aborts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "json/json.h"

namespace plimsoll::json {

class Writer {
 public:
  // Pretty output is indented by two spaces.
  explicit Writer(bool pretty = false);
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  void BeginObject();
  void EndObject();
  void BeginArray();
  void EndArray();
  void Key(std::string_view name);
  void String(std::string_view value);
  void Int(std::int64_t value);
  void Double(double value);
  void Bool(bool value);
  void Null();
  // Copies a parsed value as it is.
  void Copy(const Value& value);

  void Member(std::string_view name, std::string_view value) {
    Key(name);
    String(value);
  }
  void Member(std::string_view name, const std::string& value) {
    Key(name);
    String(value);
  }
  void Member(std::string_view name, const char* value) {
    Key(name);
    String(value);
  }
  void Member(std::string_view name, bool value) {
    Key(name);
    Bool(value);
  }
  template <class Integer,
            class = std::enable_if_t<std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>>>
  void Member(std::string_view name, Integer value) {
    Key(name);
    Int(static_cast<std::int64_t>(value));
  }
  // Leaves the member out when the string is empty: absent values are left out everywhere in the
  // API.
  void MemberIfSet(std::string_view name, std::string_view value) {
    if (!value.empty()) Member(name, value);
  }

  std::string Take() &&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A JSON string literal with its quotes.
std::string Quote(std::string_view text);

}  // namespace plimsoll::json
