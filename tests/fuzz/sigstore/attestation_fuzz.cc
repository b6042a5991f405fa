// DSSE envelopes of `.att` layers, and the statements in them.
#include "fuzz/sigstore/made_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  sigstore::AttestationLayer layer;
  layer.envelope = fuzz::Text(data, size);
  fuzz::CheckAnswer(fuzz::MadeVerifier().VerifyAttestation(layer, fuzz::MadeImage()));
  return 0;
}
