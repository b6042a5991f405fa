// The states of logs, as the ConfigMap holds them: what is read and written again is the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rekor/log_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const auto states = rekor::ReadLogStates({reinterpret_cast<const char*>(data), size});
  if (!states) return 0;
  const std::string text = rekor::WriteLogStates(*states);
  const auto again = rekor::ReadLogStates(text);
  if (!again || rekor::WriteLogStates(*again) != text) std::abort();
  return 0;
}
