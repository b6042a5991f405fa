#include "walk.h"

#include <algorithm>
#include <set>

#include "judge.h"

namespace plimsoll::observation {
namespace {

// "sha256-<64 hex>.sig", ".att" or nothing behind it (the referrers' fallback tag).
std::optional<oci::Digest> DigestOfTag(std::string_view tag) {
  for (const std::string_view suffix : {".sig", ".att"}) {
    if (tag.size() > suffix.size() && tag.substr(tag.size() - suffix.size()) == suffix)
      tag.remove_suffix(suffix.size());
  }
  constexpr std::string_view kPrefix = "sha256-";
  if (tag.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const auto digest = oci::Digest::Parse("sha256:" + std::string(tag.substr(kPrefix.size())));
  return digest ? std::optional<oci::Digest>(*digest) : std::nullopt;
}

bool IsFor(const baseline::ObservedSigner& signer, const std::string& key,
           const std::vector<std::string>& aliases) {
  if (signer.docker_reference.empty()) return true;  // a statement names no repository
  const std::string named = baseline::NormaliseRepository(signer.docker_reference);
  return named == key || std::find(aliases.begin(), aliases.end(), named) != aliases.end();
}

// What tags name, without what a logged signature was found for.
void AddUnproven(oci::Registry& registry, const oci::Repository& repository,
                 const oci::Access& access, const std::vector<std::string>& tags,
                 WalkAnswer& answer) {
  constexpr std::size_t kMaxTags = 8;
  std::set<std::string> known;
  for (const HistoricSignature& found : answer.signatures) {
    if (found.log_time) known.insert(found.digest);
  }
  for (const std::string& tag : TagsOfImages(tags, kMaxTags)) {
    const auto target = registry.ResolveTag(repository, tag, access);
    ++answer.requests.heads;
    if (target && known.insert(target->digest.text()).second) {
      answer.unproven.push_back(target->digest.text());
    }
  }
}

}  // namespace

std::vector<oci::Digest> DigestsOfTags(const std::vector<std::string>& tags, std::size_t max,
                                       bool* left_out) {
  std::set<oci::Digest> all;
  for (const std::string& tag : tags) {
    if (auto digest = DigestOfTag(tag)) all.insert(std::move(*digest));
  }
  *left_out = all.size() > max;
  std::vector<oci::Digest> digests(all.begin(), all.end());
  if (!*left_out) return digests;
  // Digests are as good as random, so an even spread over them is one over time.
  std::vector<oci::Digest> chosen;
  for (std::size_t i = 0; i < max; ++i) chosen.push_back(digests[i * digests.size() / max]);
  return chosen;
}

std::vector<std::string> TagsOfImages(const std::vector<std::string>& tags, std::size_t max) {
  std::vector<std::string> images;
  for (const std::string& tag : tags) {
    if (!DigestOfTag(tag)) images.push_back(tag);
  }
  if (images.size() <= max) return images;
  std::vector<std::string> chosen;
  for (std::size_t i = 0; i < max; ++i) chosen.push_back(images[i * images.size() / max]);
  return chosen;
}

WalkAnswer WalkRepository(oci::Registry& registry, const oci::RepositoryRules& rules,
                          const oci::Repository& repository, const Question& question,
                          const sigstore::Verifier& verifier, std::size_t max_digests,
                          bool unproven) {
  WalkAnswer answer;
  oci::Access access;
  access.pull_secrets = question.pull_secrets;
  const auto tags = registry.ListTags(repository, access);
  if (!tags) return answer;
  bool left_out = false;
  const std::vector<oci::Digest> digests = DigestsOfTags(tags->tags, max_digests, &left_out);
  bool all_answered = true;
  const std::vector<oci::Place> places = rules.PlacesOf(repository);
  const std::vector<std::string> aliases = rules.AliasesOf(repository);
  for (const oci::Digest& digest : digests) {
    const oci::DiscoveryResult found = registry.Discover({repository, digest, places, access, {}});
    answer.requests.total += found.requests.total;
    answer.requests.manifest_gets += found.requests.manifest_gets;
    all_answered = all_answered && found.Complete();
    // A signature of something that the repository does not serve was copied in, or outlived its image.
    if (!found.Complete() || found.control != oci::Control::kPresent) continue;
    const Judged judged =
        Judge(found, digest.text(), baseline::Level::kManifest, question.known_keys, verifier);
    for (const baseline::ObservedSigner& signer : judged.signers) {
      if (signer.provenance_only || !IsFor(signer, repository.Key(), aliases)) continue;
      answer.signatures.push_back({signer.signer, digest.text(), signer.verified_time,
                                   signer.log ? signer.log->integrated_time : std::nullopt,
                                   signer.log ? signer.log->origin : ""});
    }
  }
  if (unproven) AddUnproven(registry, repository, access, tags->tags, answer);
  const bool whole = tags->complete && !left_out && all_answered;
  answer.outcome = whole ? WalkAnswer::Outcome::kComplete : WalkAnswer::Outcome::kPartial;
  return answer;
}

}  // namespace plimsoll::observation
