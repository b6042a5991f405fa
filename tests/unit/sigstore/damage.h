// Damage, one place at a time: edits of JSON texts and of bytes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "json/json.h"

namespace plimsoll::sigstore {

// The text with the scalar at `path` ("a.b[0].c") replaced by what `change` makes of it (an integer is
// given and taken as its decimal digits). Nothing when there is no such scalar.
std::optional<std::string> EditJson(std::string_view text, std::string_view path,
                                    const std::function<std::string(std::string)>& change);
// The text without the element or member at `path`.
std::optional<std::string> DropFromJson(std::string_view text, std::string_view path);

// One bit in the middle.
Bytes FlipBit(Bytes bytes);
// The same inside base64 and hex text.
std::string FlipBase64(const std::string& text);
std::string FlipHex(const std::string& text);
std::string AddTo(const std::string& decimal, std::int64_t delta);

}  // namespace plimsoll::sigstore
