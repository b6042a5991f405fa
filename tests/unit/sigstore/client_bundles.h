// Bundles of other clients' own tests, as their catalogue lists them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sigstore/verifier.h"

namespace plimsoll::sigstore {

struct ClientBundle {
  std::string file;  // "file#2" is the bundle of the second attestation of an npm file
  std::vector<std::string> failing;  // the checks that an independent checker found failing
  std::string bundle;
  std::string trusted_root;  // JSON
  Expected expected;         // what the bundle itself says to be about: the artifact is not there
  // Of one client's own tests, with its own timestamp authority: one good timestamp and a bad one.
  bool own_timestamp_authority = false;

  bool Fails(std::string_view check) const;
};

// Those whose text is there.
std::vector<ClientBundle> ClientBundles();

}  // namespace plimsoll::sigstore
