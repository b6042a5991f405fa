// The simulated registries, and what a look at them brings.
#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "simulation/controllers.h"
#include "simulation/world.h"

namespace plimsoll::simulation {

using baseline::ObservedSigner;
using baseline::Posture;

std::string World::Release(TrueRepository& repository, bool by_attacker, bool unsigned_image) {
  TrueImage image;
  image.repository = repository.key;
  image.digest = "sha256:" + Sha256Hex(AsBytes(repository.key + std::to_string(++names_) +
                                               std::to_string(settings_.seed)));
  if (!unsigned_image) {
    ObservedSigner signer;
    signer.signer = repository.signer;
    if (by_attacker) {
      signer.signer =
          baseline::MakeKeyless("https://github.com/evil/" + std::to_string(random_.Below(2)) +
                                    "/.github/workflows/r.yml@refs/heads/main",
                                repository.signer.issuer);
      signer.signer.source_repository_id = "666";
      signer.signer.source_repository_owner_id = "666";
    } else {
      const std::string tag = "@refs/tags/v" + std::to_string(++repository.releases);
      signer.signer.identity = "https://github.com/acme/x/.github/workflows/r.yml" + tag;
      signer.signer.canonical_identity = baseline::Canonical(signer.signer.identity);
      signer.signer.build_config_uri = signer.signer.identity;
    }
    signer.storage = baseline::Storage::kSignatureTag;
    signer.level = baseline::Level::kManifest;
    signer.verified_time = WholeSeconds(now_);
    baseline::LogEvidence log;
    log.origin = "log.example";
    log.log_id = std::string(64, '1');
    log.index = names_;
    log.integrated_time = WholeSeconds(now_);
    log.entry_hash = Sha256Hex(AsBytes(image.digest));
    signer.log = log;
    image.signers.push_back(std::move(signer));
  }
  image.evil = by_attacker || (unsigned_image && repository.is_signed);
  if (image.evil) {
    image.bad_since = now_;
  } else {
    image.good_since = now_;
  }
  repository.digests.push_back(image.digest);
  const std::string digest = image.digest;
  images_[{repository.key, digest}] = std::move(image);
  return digest;
}

baseline::Observation World::TrueObservation(const TrueImage& image) const {
  baseline::Observation seen;
  seen.digest = image.digest;
  seen.trust_root = "root-1";
  seen.signers = image.signers;
  seen.posture = image.signers.empty() ? Posture::kUnsigned : Posture::kSignedKeyless;
  if (image.signers.empty()) seen.reason = "NoSignature";
  return seen;
}

void World::Look(std::size_t index, const controller::ObserveRequest& request) {
  ++outcome_.observations;
  controller::ObserveResult result;
  result.id = request.id;
  const auto repository = repositories_.find(request.repository);
  const auto image = images_.find({request.repository, request.digest});
  const bool chaos = settings_.chaos && !calm_;
  const bool down = repository == repositories_.end() || repository->second.down ||
                    (chaos && random_.Chance(0.03));
  if (down || image == images_.end()) {
    result.observation.digest = request.digest;
    result.observation.reason = random_.Chance(0.5) ? "Timeout" : "RegistryThrottled";
    result.message = "no answer";
    if (random_.Chance(0.2)) result.retry_after = Seconds(1, 600);
  } else {
    result.observation = TrueObservation(image->second);
    result.credential = "anonymously";
  }
  if (request.history) {
    baseline::HistoryResult history;
    history.walk = down ? baseline::Walk::kFailed : baseline::Walk::kComplete;
    result.history = std::move(history);
  }
  const std::uint64_t life = controllers_[index]->life;
  const auto give = [this, index, life, result] {
    if (controllers_[index]->life == life) Give(index, controller::Observed{result});
  };
  if (chaos && random_.Chance(0.01)) return;  // lost
  Duration latency = Seconds(0, 5);
  if (chaos && random_.Chance(0.01)) latency = Seconds(60, 3'000);  // late, or too late
  After(latency, give);
  if (chaos && random_.Chance(0.02)) After(latency + Seconds(0, 4'000), give);  // twice
}

}  // namespace plimsoll::simulation
