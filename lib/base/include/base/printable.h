// Text that is safe to show: in logs, Events, conditions, terminals and error messages.
//
// Certificate and log text is written by attackers. `Printable` keeps printable ASCII and
// well-formed UTF-8 of letters as they are, and replaces control characters, quotes' escapes,
// bidirectional and zero-width marks, and bytes that are not UTF-8 by \xNN or \u{NNNN}. It cuts at
// `max_bytes`, marked by "...", on a character boundary. Never use its result for comparison.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plimsoll {

inline constexpr std::size_t kPrintableDefaultMax = 256;

std::string Printable(std::string_view text, std::size_t max_bytes = kPrintableDefaultMax);
// The same, with everything outside printable ASCII escaped: for HTTP header-like and admission
// texts.
std::string PrintableAscii(std::string_view text, std::size_t max_bytes = kPrintableDefaultMax);
// True when text is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool IsUtf8(std::string_view text);

}  // namespace plimsoll
