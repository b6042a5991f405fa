// Images and signatures of others (support/test_data), put into a FakeRegistry as they were stored.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/fake_registry/fake_registry.h"

namespace plimsoll::testing {

// The folders of cosign-images/oci-layouts-attested.
std::vector<std::string> AttestedLayouts();
// Puts one of them into the repository: the image under the tag v1, its attestations under theirs. The image's digest.
std::string PushLayout(FakeRegistry& registry, const std::string& repository,
                       const std::string& folder);

// A row of cosign-images/sig-manifests.json.
struct StoredSignatures {
  std::string name;
  std::string manifest;  // JSON
  std::string media_type;
  std::size_t layers = 0;
  std::map<std::string, std::string> payloads;  // by digest
  std::map<std::string, std::string> keys;      // PEM, by name
  std::string image;                            // the digest that the payloads name
};
std::vector<StoredSignatures> AllStoredSignatures();
// Puts payloads and `.sig` manifest into the repository; the image itself is not stored.
void PushStoredSignatures(FakeRegistry& registry, const std::string& repository,
                          const StoredSignatures& signatures);

}  // namespace plimsoll::testing
