// Header fields of a message, in the order in which they came (RFC 9110 section 5).
//
// Names compare without regard to case. Nothing is joined or split. Whoever fills it bounds it.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::http {

struct Header {
  std::string name;
  std::string value;
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  void Add(std::string name, std::string value);
  void Set(std::string_view name, std::string value);  // replaces every field of that name
  void Remove(std::string_view name);

  std::optional<std::string_view> Find(std::string_view name) const;  // the first of that name
  std::vector<std::string_view> All(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name).has_value(); }

  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  std::vector<Header>::const_iterator begin() const { return fields_.begin(); }
  std::vector<Header>::const_iterator end() const { return fields_.end(); }

 private:
  std::vector<Header> fields_;
};

// ASCII only, as HTTP's tokens are.
bool EqualIgnoreCase(std::string_view a, std::string_view b);
std::string ToLowerAscii(std::string_view text);
// RFC 9110 section 5.6.2: what a method or a field's name consists of.
bool IsToken(std::string_view text);
// No control character but tab: what may stand in a field's value without splitting the message.
bool IsFieldValue(std::string_view text);
// "application/json" of " Application/JSON; charset=utf-8": lower case, without parameters.
std::string MediaType(std::string_view content_type);

}  // namespace plimsoll::http
