// A bundle that two verifiers judge, with all that both are told.
#pragma once

#include <string>
#include <vector>

namespace plimsoll::differential {

struct JudgedBundle {
  std::string name;
  std::string bundle;
  std::string trusted_root;  // JSON
  // The artifact itself, or where it is not there a digest, "sha256:<hex>".
  std::string artifact;
  std::string digest;
  std::string key_pem;  // of a key that must have signed
  // Exactly these; empty: whoever it is.
  std::string identity;
  std::string issuer;
};

// Of the official client suite, each with its artifact and with the artifact's digest.
std::vector<JudgedBundle> ConformanceBundles();
// Of other clients' own tests.
std::vector<JudgedBundle> CataloguedBundles();
// By the virtual Sigstore: good ones in every form, and ones with one thing wrong.
std::vector<JudgedBundle> MadeBundles();

}  // namespace plimsoll::differential
