// Canonical bodies of log entries.
#include "entry_body.h"
#include "fuzz/sigstore/made_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const auto body = sigstore::ParseEntryBody({data, size}, {});
  if (!body) return 0;
  if (body->signatures.empty() || body->digest.value.size() != SizeOf(body->digest.hash))
    std::abort();
  return 0;
}
