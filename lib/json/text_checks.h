// What every reader of JSON here refuses before it reads.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace plimsoll::json::internal {

// Too many bytes; a byte order mark; NUL, which RapidJSON takes for the end.
inline Status CheckText(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return Fail(kLimitExceeded, "JSON of " + std::to_string(text.size()) + " bytes; at most " +
                                    std::to_string(limits.max_bytes) + " are read");
  }
  if (text.substr(0, 3) == "\xef\xbb\xbf") return Fail(kMalformed, "JSON with a byte order mark");
  if (text.find('\0') != std::string_view::npos) return Fail(kMalformed, "JSON with a NUL byte");
  return {};
}

}  // namespace plimsoll::json::internal
