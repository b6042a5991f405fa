// WWW-Authenticate and Link fields, and scopes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto challenges = oci::ParseChallenges({text.substr(0, size / 2), text.substr(size / 2)});
  if (challenges.size() > 8) std::abort();
  for (const auto& challenge : challenges) {
    if (const auto scope = oci::ReducedScope(challenge.Parameter("scope"))) {
      if (!scope->ends_with(":pull")) std::abort();
    }
  }
  static_cast<void>(oci::NextLink({text}));
  return 0;
}
