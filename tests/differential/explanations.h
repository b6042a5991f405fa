// Why the two verifiers may disagree, and nothing else: every disagreement must be one of these, and each of these
// must still be needed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plimsoll::differential {

struct Explanation {
  std::string_view ours;    // "Verified", or a part of our reason and message
  std::string_view cosign;  // "Verified", or a part of its error
  std::string_view name;    // a part of the bundle's name; empty: any
  std::string_view text;
};

std::span<const Explanation> Explanations();

}  // namespace plimsoll::differential
