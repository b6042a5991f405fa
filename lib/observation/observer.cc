#include "observation/observer.h"

#include <algorithm>
#include <mutex>

#include "base/digest.h"
#include "base/printable.h"
#include "judge.h"
#include "memory.h"
#include "walk.h"

namespace plimsoll::observation {
namespace {

using baseline::Posture;

std::string JoinedHash(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part + '\n';
  return Sha256Hex(AsBytes(text)).substr(0, 16);
}

bool CanRun(const oci::ChildManifest& child, const std::vector<oci::Platform>& platforms) {
  if (!child.platform) return true;
  if (child.platform->os == "unknown" && child.platform->architecture == "unknown") return false;
  if (platforms.empty()) return true;
  return std::any_of(platforms.begin(), platforms.end(), [&](const oci::Platform& platform) {
    return platform.os == child.platform->os &&
           platform.architecture == child.platform->architecture;
  });
}

bool HasNote(const Judged& judged, baseline::NoteKind kind) {
  return std::any_of(judged.notes.begin(), judged.notes.end(),
                     [&](const baseline::Note& note) { return note.kind == kind; });
}

bool Lists(const oci::ManifestInfo& index, const std::string& digest) {
  return std::any_of(
      index.children.begin(), index.children.end(),
      [&](const oci::ChildManifest& child) { return child.digest.text() == digest; });
}

void AddCounts(oci::RequestCounts& to, const oci::RequestCounts& from) {
  to.total += from.total;
  to.manifest_gets += from.manifest_gets;
  to.heads += from.heads;
  to.blob_gets += from.blob_gets;
  to.token_requests += from.token_requests;
}

Judged UnknownBecause(const Error& error) {
  Judged judged;
  judged.reason = error.code.str();
  judged.message = error.message;
  judged.credential_needed = error.code == oci::kAuthenticationFailed;
  return judged;
}

// One call of Observe: what it needs everywhere, and what it collects for the answer.
struct Run {
  const Question& question;
  oci::Repository repository;
  std::shared_ptr<const sigstore::Verifier> verifier;
  std::vector<oci::Place> places;
  oci::Access access;
  Answer answer;
};

struct Look {
  Judged judged;
  std::optional<oci::ManifestInfo> manifest;
  bool unchanged = false;
};

}  // namespace

struct Observer::Impl {
  Impl(oci::Registry& registry_in, oci::RepositoryRules rules_in, const Clock& clock_in,
       ObserverLimits limits_in)
      : registry(registry_in),
        rules(std::move(rules_in)),
        clock(clock_in),
        limits(limits_in),
        memory(limits_in.remembered, limits_in.remembered_bytes) {}

  oci::Registry& registry;
  const oci::RepositoryRules rules;
  const Clock& clock;
  const ObserverLimits limits;

  mutable std::mutex mutex;
  std::shared_ptr<const sigstore::Verifier> verifier;  // guarded by mutex
  Memory memory;                                       // guarded by mutex

  Answer Observe(const Question& question);
  Result<oci::Digest> DigestToLookAt(Run& run);
  Look LookAt(Run& run, const oci::Digest& digest, baseline::Level level);
  void LookAtIndex(Run& run, const oci::Digest& digest, Look& look);
  void LookAtChildren(Run& run, const oci::ManifestInfo& index, baseline::Observation& observation,
                      int depth);
  void Fill(Run& run, const Judged& judged, baseline::Observation& observation) const;
};

namespace {

// Everything besides the registry's bytes on which a judgement rests.
std::string MemoryKey(const Run& run, const oci::Digest& digest, baseline::Level level) {
  return run.repository.Key() + "@" + digest.text() + " " + std::string(baseline::ToText(level)) +
         " " + run.verifier->trust_root().generation() + " " + JoinedHash(run.question.known_keys);
}

}  // namespace

Look Observer::Impl::LookAt(Run& run, const oci::Digest& digest, baseline::Level level) {
  const std::string key = MemoryKey(run, digest, level);
  std::optional<Remembered> remembered;
  {
    const std::lock_guard lock(mutex);
    remembered = memory.Find(key);
  }
  oci::DiscoveryRequest request{run.repository, digest, run.places, run.access, {}};
  // A confirmation reads everything again: it must not rest on what the first look remembered.
  if (remembered && !run.question.confirmation) request.previous = remembered->validators;
  oci::DiscoveryResult found = registry.Discover(request);
  AddCounts(run.answer.requests, found.requests);
  run.answer.credential = found.credential;
  if (found.unknown && found.unknown->retry_after)
    run.answer.retry_after = found.unknown->retry_after;
  if (found.unchanged && remembered)
    return {std::move(remembered->judged), std::move(remembered->manifest), true};

  Look look;
  look.judged = Judge(found, digest.text(), level, run.question.known_keys, *run.verifier);
  look.manifest = found.manifest;
  const std::lock_guard lock(mutex);
  if (look.judged.posture != Posture::kUnknown && found.manifest) {
    memory.Put(key, {std::move(found.validators), *found.manifest, look.judged});
  }
  return look;
}

// The digest that is judged: what runs, what the tag names, or the same content under the spec's own repository.
Result<oci::Digest> Observer::Impl::DigestToLookAt(Run& run) {
  if (!run.question.digest.empty()) return oci::Digest::Parse(run.question.digest);
  const auto target = registry.ResolveTag(run.repository, run.question.tag, run.access);
  if (!target) {
    run.answer.retry_after = target.error().retry_after;
    return Forward(target.error().error);
  }
  run.answer.observation.notes.push_back(
      {baseline::NoteKind::kDigestFromTag,
       "the tag " + Printable(run.question.tag, 128) + " names it now"});
  return target->digest;
}

// The index that the spec names vouches for the manifests that its own bytes list.
void Observer::Impl::LookAtIndex(Run& run, const oci::Digest& digest, Look& look) {
  if (run.question.spec_digest.empty() || run.question.spec_digest == digest.text()) return;
  const auto index_digest = oci::Digest::Parse(run.question.spec_digest);
  if (!index_digest) return;
  Look index = LookAt(run, *index_digest, baseline::Level::kIndex);
  if (!index.manifest && HasNote(index.judged, baseline::NoteKind::kManifestMissing)) {
    index.judged = UnknownBecause({oci::kDigestNotInRepository,
                                   "the index " + index_digest->text() +
                                       " is gone: whether it listed this manifest cannot be seen",
                                   true});
  }
  const bool unknown = index.judged.posture == Posture::kUnknown;
  if (!unknown && (!index.manifest || !Lists(*index.manifest, digest.text()))) return;
  if (!unknown) run.answer.observation.index_digest = index_digest->text();
  look.unchanged = look.unchanged && index.unchanged;
  look.judged = Merge(std::move(look.judged), std::move(index.judged));
}

void Observer::Impl::LookAtChildren(Run& run, const oci::ManifestInfo& index,
                                    baseline::Observation& observation, int depth) {
  constexpr int kDeepest = 3;
  for (const oci::ChildManifest& child : index.children) {
    if (!CanRun(child, run.question.platforms)) continue;
    if (observation.children.size() >= limits.max_children || depth > kDeepest) {
      baseline::Observation too_many;
      too_many.digest = child.digest.text();
      too_many.posture = Posture::kUnverifiable;
      too_many.reason = kLimitExceeded.str();
      observation.children.push_back(std::move(too_many));
      return;
    }
    Look look = LookAt(run, child.digest,
                       child.is_index ? baseline::Level::kIndex : baseline::Level::kManifest);
    run.answer.unchanged = run.answer.unchanged && look.unchanged;
    const bool nested = look.manifest && look.manifest->is_index;
    if (nested && look.judged.posture == Posture::kUnsigned && !look.manifest->children.empty()) {
      LookAtChildren(run, *look.manifest, observation, depth + 1);
      continue;
    }
    baseline::Observation seen;
    seen.digest = child.digest.text();
    Fill(run, look.judged, seen);
    observation.children.push_back(std::move(seen));
  }
}

void Observer::Impl::Fill(Run& run, const Judged& judged,
                          baseline::Observation& observation) const {
  observation.posture = judged.posture;
  observation.reason = judged.reason;
  observation.signers = judged.signers;
  observation.unlogged = judged.unlogged;
  observation.provenance = judged.provenance;
  observation.notes.insert(observation.notes.end(), judged.notes.begin(), judged.notes.end());
  observation.credential_needed = judged.credential_needed;
  observation.trust_root = run.verifier->trust_root().generation();
  observation.trust_root_stale = run.verifier->trust_root().StaleAt(clock.Now());
  run.answer.findings.insert(run.answer.findings.end(), judged.findings.begin(),
                             judged.findings.end());
  if (run.answer.message.empty()) run.answer.message = judged.message;
}

namespace {

// Unsigned itself, signed in all that can run: told, so that nobody looks for the signature in vain.
void NoteOtherLevel(baseline::Observation& observation) {
  const bool all_signed = !observation.children.empty() &&
                          std::all_of(observation.children.begin(), observation.children.end(),
                                      [](const baseline::Observation& child) {
                                        return baseline::IsSigned(child.posture);
                                      });
  if (all_signed) {
    observation.notes.push_back({baseline::NoteKind::kSignedAtOtherLevel,
                                 "the index is unsigned, every child that can run is signed"});
  }
}

// One child without an answer leaves the whole image without one.
void PropagateUnknown(baseline::Observation& observation) {
  for (const baseline::Observation& child : observation.children) {
    if (child.posture != Posture::kUnknown) continue;
    observation.posture = Posture::kUnknown;
    observation.reason = child.reason;
    observation.credential_needed = child.credential_needed;
    observation.children.clear();
    return;
  }
}

}  // namespace

Answer Observer::Impl::Observe(const Question& question) {
  Run run{question, {}, {}, {}, {}, {}};
  run.answer.observation.digest = question.digest;
  {
    const std::lock_guard lock(mutex);
    run.verifier = verifier;
  }
  const auto refuse = [&](const Error& error) {
    Fill(run, UnknownBecause(error), run.answer.observation);
    return std::move(run.answer);
  };
  const auto repository = oci::Repository::FromKey(question.repository);
  if (!repository) return refuse(repository.error());
  run.repository = *repository;
  if (const Status supported = run.repository.Supported(); !supported)
    return refuse(supported.error());
  run.places = rules.PlacesOf(run.repository);
  run.access.pull_secrets = question.pull_secrets;
  run.access.priority =
      question.trusted_repository ? oci::Priority::kTrusted : oci::Priority::kOrdinary;
  run.access.fresh = question.confirmation;
  run.access.anonymous_only = question.anonymous_only;

  const auto digest = DigestToLookAt(run);
  if (!digest) return refuse(digest.error());
  baseline::Observation& observation = run.answer.observation;
  observation.digest = digest->text();

  Look look = LookAt(run, *digest, baseline::Level::kManifest);
  if (look.judged.reason == oci::kDigestNotInRepository.text() && !question.tag.empty() &&
      !question.image_id.empty()) {
    // The node shows another name of the same content: then the content that the spec names is judged.
    if (const auto image_id = oci::ParseImageId(question.image_id)) {
      if (const auto same =
              registry.ResolveRunning(run.repository, question.tag, *image_id, run.access)) {
        look = LookAt(run, same->digest, baseline::Level::kManifest);
      }
    }
  }
  const bool is_index = look.manifest && look.manifest->is_index;
  if (is_index) {
    for (baseline::ObservedSigner& signer : look.judged.signers)
      signer.level = baseline::Level::kIndex;
  } else {
    LookAtIndex(run, *digest, look);
  }
  run.answer.unchanged = look.unchanged;
  Fill(run, look.judged, observation);
  if (is_index && observation.posture == Posture::kUnsigned) {
    LookAtChildren(run, *look.manifest, observation, 1);
    NoteOtherLevel(observation);
    PropagateUnknown(observation);
  }
  return std::move(run.answer);
}

Observer::Observer(oci::Registry& registry, oci::RepositoryRules rules,
                   std::shared_ptr<const sigstore::Verifier> verifier, const Clock& clock,
                   ObserverLimits limits)
    : impl_(std::make_unique<Impl>(registry, std::move(rules), clock, limits)) {
  impl_->verifier = std::move(verifier);
}
Observer::~Observer() = default;

Answer Observer::Observe(const Question& question) { return impl_->Observe(question); }

WalkAnswer Observer::Walk(const Question& question, bool unproven) {
  const auto repository = oci::Repository::FromKey(question.repository);
  if (!repository || !repository->Supported()) return {};
  return WalkRepository(impl_->registry, impl_->rules, *repository, question, *verifier(),
                        impl_->limits.max_walked, unproven);
}

void Observer::ReplaceVerifier(std::shared_ptr<const sigstore::Verifier> verifier) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->verifier->trust_root().generation() != verifier->trust_root().generation())
    impl_->memory.Clear();
  impl_->verifier = std::move(verifier);
}

std::shared_ptr<const sigstore::Verifier> Observer::verifier() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->verifier;
}

}  // namespace plimsoll::observation
