// Lists of signed certificate timestamps.
#include <cstdint>
#include <cstdlib>

#include "crypto/limits.h"
#include "crypto/sct.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto list = plimsoll::crypto::ParseSctList(plimsoll::ByteView(data, size));
  if (!list) return 0;
  if (list->empty() || list->size() > plimsoll::crypto::kLimits.max_scts) std::abort();
  for (const auto& sct : *list) (void)plimsoll::FormatMicroTime(sct.time());
  return 0;
}
