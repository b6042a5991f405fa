// TrustedRoot JSON.
#include "fuzz/sigstore/made_root.h"
#include "sigstore/trust_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const auto root = sigstore::TrustRoot::FromJson(fuzz::Text(data, size));
  if (!root) return 0;
  if (root->parts().empty() || root->generation().size() != 16) std::abort();
  (void)root->StaleAt(test::kSigningTime);
  (void)root->StaleFrom();
  (void)root->Describe();
  return 0;
}
