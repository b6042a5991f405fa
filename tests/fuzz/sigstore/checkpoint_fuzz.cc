// Signed notes and checkpoints.
#include "fuzz/sigstore/made_root.h"
#include "sigstore/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text = fuzz::Text(data, size);
  const auto note = sigstore::ParseNote(text);
  (void)sigstore::ParseCheckpoint(text);
  const auto verified = sigstore::VerifyCheckpoint(text, fuzz::MadeVerifier().trust_root());
  if (verified && (!note || note->signatures.empty())) std::abort();
  return 0;
}
