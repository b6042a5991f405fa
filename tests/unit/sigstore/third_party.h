// Reading third-party cases for the tests of this room.
#pragma once

#include <string>
#include <vector>

#include "sigstore/trust_root.h"
#include "sigstore/verifier.h"

namespace plimsoll::sigstore {

struct ConformanceCase {
  std::string name;
  bool passes = false;
  std::string bundle;
  std::string artifact;
  std::string artifact_sha256;
  std::string trusted_root;  // empty: the public-good one
  bool has_trusted_root = false;
  std::string key;
  bool has_key = false;
  std::string identity;
  std::string issuer;
  // The same as paths, for the command line.
  std::string bundle_path;
  std::string artifact_path;
  std::string trusted_root_path;
  std::string key_path;
};

std::vector<ConformanceCase> ConformanceCases();

// A verifier that must be right: aborts the test program with the error otherwise.
Verifier MustCreate(TrustRoot root, VerifierOptions options = {});
TrustRoot MustParseRoot(const std::string& json);

// "Verified", or "<reason>: <message>".
std::string Describe(const Verification& verification);

}  // namespace plimsoll::sigstore
