// Sigstore bundles, from JSON to answer.
#include "fuzz/sigstore/made_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::CheckAnswer(fuzz::MadeVerifier().VerifyBundle(fuzz::Text(data, size), fuzz::MadeImage()));
  return 0;
}
