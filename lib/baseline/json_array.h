// The one JSON that this room writes: a compact array of strings, for hashing. Escapes as RFC 8785 does.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace plimsoll::baseline {

class JsonArray {
 public:
  void Add(std::string_view text);
  // Closes the array. Spent afterwards.
  std::string Take();

 private:
  std::string text_ = "[";
};

// The characters of `text` inside a JSON string, appended to `out`.
void AppendJsonEscaped(std::string_view text, std::string& out);
// How many bytes that would be.
std::size_t JsonEscapedSize(std::string_view text);

}  // namespace plimsoll::baseline
