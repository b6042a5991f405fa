// Answers of Rekor's REST interface, against the payloads that the corpus' entries are about.
#include "fuzz/sigstore/made_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  static const std::vector<std::string> payloads = [] {
    auto all = sigstore::BundleStatementCandidates(fuzz::MadeImage().digests[0]);
    all.push_back(sigstore::SimpleSigningPayload("registry.harbour.example/crane",
                                                 fuzz::MadeImage().digests[0]));
    return all;
  }();
  fuzz::CheckAnswer(
      fuzz::MadeVerifier().VerifyLogEntry(fuzz::Text(data, size), payloads, fuzz::MadeImage()));
  return 0;
}
