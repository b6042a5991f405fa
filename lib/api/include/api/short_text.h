// Short forms for people: printable ASCII, bounded, never for comparison.
//
// The short forms of signers and issuers are baseline's (baseline/signer.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"

namespace plimsoll::api {

// "sha256:5f742e1e819f".
std::string ShortDigest(std::string_view digest);
// "2026-02-10".
std::string DateOf(Time time);
// "18:02:44Z".
std::string ClockOf(Time time);
// Printable ASCII of at most max_bytes; the middle of a longer text is replaced by "...".
std::string Shortened(std::string_view text, std::size_t max_bytes);
// The text without what follows max_bytes, cut at a word, marked by "...".
std::string CutAtWord(std::string text, std::size_t max_bytes);
// "1 image", "2 images".
std::string Counted(std::size_t count, std::string_view noun);

}  // namespace plimsoll::api
