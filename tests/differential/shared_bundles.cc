#include "judged_bundle.h"
#include "support/test_data/test_data.h"
#include "unit/sigstore/client_bundles.h"
#include "unit/sigstore/third_party.h"

namespace plimsoll::differential {

std::vector<JudgedBundle> ConformanceBundles() {
  const std::string production = test::ReadTestData("trust-roots/prod/trusted_root.json");
  std::vector<JudgedBundle> bundles;
  for (const auto& c : sigstore::ConformanceCases()) {
    JudgedBundle b;
    b.name = "suite/" + c.name;
    b.bundle = c.bundle;
    b.trusted_root = c.has_trusted_root ? c.trusted_root : production;
    b.key_pem = c.key;
    if (!c.has_key) {
      b.identity = c.identity;
      b.issuer = c.issuer;
    }
    b.artifact = c.artifact;
    bundles.push_back(b);
    b.name += " (digest)";
    b.artifact.clear();
    b.digest = c.artifact_sha256;
    bundles.push_back(std::move(b));
  }
  return bundles;
}

std::vector<JudgedBundle> CataloguedBundles() {
  std::vector<JudgedBundle> bundles;
  for (auto& c : sigstore::ClientBundles()) {
    if (c.expected.digests.empty()) continue;  // says of nothing what it is about
    JudgedBundle b;
    b.name = "client/" + c.file;
    b.bundle = std::move(c.bundle);
    b.trusted_root = std::move(c.trusted_root);
    b.digest = c.expected.digests.front();
    bundles.push_back(std::move(b));
  }
  return bundles;
}

}  // namespace plimsoll::differential
