// Signed notes and checkpoints.
#include "base/encoding.h"
#include "fuzz/sigstore/made_root.h"
#include "sigstore/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text = fuzz::Text(data, size);
  const auto note = sigstore::ParseNote(text);
  (void)sigstore::ParseCheckpoint(text);
  const auto verified = sigstore::VerifyCheckpoint(text, fuzz::MadeVerifier().trust_root());
  if (verified && (!note || note->signatures.empty())) std::abort();
  // The witness of the corpus.
  static const std::vector<sigstore::Witness> witnesses = {
      {"witness.example/w1",
       Base64Encode(test::TestKey(test::KeyType::kEd25519, "witness one").spki())}};
  if (note) (void)sigstore::VerifyCosignatures(*note, witnesses);
  return 0;
}
