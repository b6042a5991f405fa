// What admission says to people: the denial and the warning, as printable ASCII within their bounds.
//
// A denial has the first image in full, the second and third by name, kind and fingerprint, then "and N more".
// What does not fit into kMaxDenial bytes is left out from the end, sentence by sentence; a command is there
// whole or not at all. A warning is about one image and has at most kMaxWarning bytes (without the "Warning: "
// that kubectl puts before it).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace plimsoll::api {

inline constexpr std::size_t kMaxDenial = 800;
inline constexpr std::size_t kMaxWarning = 200;

struct ImageFinding {
  std::string container;   // its name
  std::string repository;  // key
  std::string digest;
  std::string statement;    // "is not signed"
  std::string kind;         // SignatureMissing, NotJudgedYet, ...
  std::string severity;     // "critical", "warning" or empty
  std::string fingerprint;  // empty: nothing to accept
  std::string
      expected;  // "a signature by X, issuer Y, as on every image since 2026-02-10"; may be empty
  std::string expected_short;  // "acme/storefront/release.yml@refs/tags/*"; may be empty
  std::string seen;            // "none in any form, ghcr.io answered at 18:02:44Z"; may be empty
  std::string next_step;       // a sentence that says what else to do; may be empty
  bool by_tag =
      false;  // the spec names a tag: the node resolves it again, only a digest is enforced
};

// Not empty when `findings` is not.
std::string DenialText(const std::vector<ImageFinding>& findings);
std::string WarningText(const ImageFinding& finding);

// "kubectl plimsoll accept REPOSITORY KIND FINGERPRINT --expires 14d --reason TEXT".
std::string AcceptCommand(const std::string& repository, const std::string& kind,
                          const std::string& fingerprint);
std::string ExplainCommand(const std::string& repository);

}  // namespace plimsoll::api
