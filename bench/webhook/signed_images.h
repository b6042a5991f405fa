// Images of a registry in memory, each signed with one key in cosign's classic form.
#pragma once

#include <string>
#include <vector>

#include "support/fake_registry/fake_registry.h"
#include "support/virtual_sigstore/test_key.h"

namespace plimsoll::bench {

class SignedImages {
 public:
  struct Image {
    std::string repository, digest;
  };
  explicit SignedImages(int count);

  const std::vector<Image>& images() const { return images_; }
  std::string host() const { return registry_.host(); }
  std::string public_key() const { return key_.Pem(); }

 private:
  testing::FakeRegistry registry_;
  const test::TestKey key_;
  std::vector<Image> images_;
};

}  // namespace plimsoll::bench
