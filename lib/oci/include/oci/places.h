// Where an image's signatures are looked for: `repositories[]` of the configuration, as ordered
// rules.
//
// A rule's `match` and targets are repository keys with wildcards: `*` is any text within one path
// segment, `**` any number of segments. Wildcards of a target take, in order, what those of `match`
// took: `mirror.example/hub/**` with `mirrorOf: docker.io/**` sends
// `mirror.example/hub/library/nginx` to `docker.io/library/nginx`. The first rule that matches and
// sets a field decides that field; aliases add up.
//
// `signatureRepository` replaces the repository in every look-up, as COSIGN_REPOSITORY does (the
// image's name is not appended); the image's own repository is searched too. An upstream's own
// `signatureRepository` is found by the same rules.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "oci/discovery.h"

namespace plimsoll::oci {

struct RepositoryRule {
  std::string match;
  std::vector<std::string> aliases;
  std::string mirror_of;
  std::string signature_repository;
};

class RepositoryRules {
 public:
  RepositoryRules() = default;
  // kInvalidArgument names the rule and the field: a pattern that is none, a target with more
  // wildcards than `match` has, at most 1,000 rules.
  static Result<RepositoryRules> Make(std::vector<RepositoryRule> rules);

  bool empty() const { return rules_.empty(); }
  // The image's own repository first. A target that is no repository is left out.
  std::vector<Place> PlacesOf(const Repository& repository) const;
  // Other names under which a signer may know this repository: aliases, and what it mirrors.
  std::vector<std::string> AliasesOf(const Repository& repository) const;

 private:
  std::vector<RepositoryRule> rules_;
};

}  // namespace plimsoll::oci
