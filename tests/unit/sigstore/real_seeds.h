// Real signatures as inputs: to be verified as they are, and to be damaged.
#pragma once

#include <string>
#include <vector>

#include "sigstore/verifier.h"

namespace plimsoll::sigstore {

struct BundleSeed {
  std::string name;
  std::string bundle;
  Expected expected;
  std::string identity;
  std::string issuer;
};

struct ClassicSeed {
  std::string name;  // the docker-reference
  std::string payload;
  std::string signature;
  std::string certificate;
  std::string bundle;
  std::string rfc3161_timestamp;
  Expected expected;
  std::string identity;
  std::string issuer;

  ClassicSignature View() const {
    return {payload, signature, certificate, "", bundle, rfc3161_timestamp};
  }
};

std::vector<BundleSeed> CPythonSeeds();
// Signature and certificate are taken from the logged body, as the annotations carried them.
std::vector<ClassicSeed> ChainguardSeeds();

}  // namespace plimsoll::sigstore
