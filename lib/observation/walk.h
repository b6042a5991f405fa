// The walk over a repository's past: which digests it once signed, by whom, and when.
#pragma once

#include "observation/observer.h"

namespace plimsoll::observation {

WalkAnswer WalkRepository(oci::Registry& registry, const oci::RepositoryRules& rules,
                          const oci::Repository& repository, const Question& question,
                          const sigstore::Verifier& verifier, std::size_t max_digests,
                          bool unproven);

// The digests that a tag list speaks of: those of cosign's and the referrers' tags by their names, spread evenly over
// the list when there are more than `max`. `left_out` says whether there were.
std::vector<oci::Digest> DigestsOfTags(const std::vector<std::string>& tags, std::size_t max,
                                       bool* left_out);

// The other tags, at most `max`, spread evenly over the list.
std::vector<std::string> TagsOfImages(const std::vector<std::string>& tags, std::size_t max);

}  // namespace plimsoll::observation
