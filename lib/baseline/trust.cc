#include "trust.h"

#include <algorithm>
#include <utility>

#include "baseline/fingerprint.h"

namespace plimsoll::baseline {

const SignerRecord* SignerBook::Find(std::string_view id) const {
  for (const auto* list : {stored_, &met_}) {
    for (const SignerRecord& record : *list) {
      if (record.id == id) return &record;
    }
  }
  return nullptr;
}

std::string SignerBook::Enter(const Signer& signer, std::string_view public_key, Time now) {
  for (const auto* list : {stored_, &std::as_const(met_)}) {
    for (const SignerRecord& record : *list) {
      if (SameSigner(record.signer, signer)) return record.id;
    }
  }
  SignerRecord& record = met_.emplace_back();
  record.id = SignerId(signer);
  record.signer = signer;
  record.public_key = public_key;
  record.first_observed_time = now;
  return record.id;
}

Trust::Trust(const Record& record, const EffectivePolicy& policy, const Settings& settings)
    : policy_(policy), repository_(record.repository) {
  for (const AcceptanceInForce& acceptance : policy.acceptances) {
    if (NamesSigner(acceptance.acceptance->kind)) accepted_signers_.push_back(&acceptance);
  }
  for (const SignerRecord& signer : record.signers) {
    std::optional<SignerSource> source;
    if (policy.pinned) {
      if (IsLearnedForPin(signer)) source = SignerSource::kPolicy;
    } else if (signer.source == SignerSource::kFirstUse) {
      source = SignerSource::kFirstUse;
    }
    if (!source && AcceptedSigner(signer.signer) != nullptr) source = SignerSource::kAccepted;
    if (source) signers_.push_back({&signer, *source});
  }
  std::sort(signers_.begin(), signers_.end(), [](const TrustedSigner& a, const TrustedSigner& b) {
    return SmallerSigner(a.signer(), b.signer());
  });
  begun_ = record.learning_time || policy.pinned;
  established_ = policy.pinned || (record.established_time && record.basis != Basis::kPolicy);
  if (!policy.pinned) rank_ = record.rank;
  const Duration span = settings.durations.establish_after;
  corroborated_ = record.corroborated_time &&
                  std::any_of(signers_.begin(), signers_.end(), [&](const TrustedSigner& signer) {
                    return SpansHistory(*signer.record, {}, span, Time::max());
                  });
}

bool Trust::IsPinned(const Signer& observed) const {
  return policy_.pinned &&
         std::all_of(policy_.pins.begin(), policy_.pins.end(), [&](const auto& group) {
           return std::any_of(group.begin(), group.end(),
                              [&](const PinInForce& pin) { return PinMatches(pin, observed); });
         });
}

bool Trust::IsLearnedForPin(const SignerRecord& record) const {
  if (record.pin.empty()) return false;
  for (const auto& group : policy_.pins) {
    for (const PinInForce& pin : group) {
      if (pin.policy_name == record.policy_name && pin.pin->name == record.pin) {
        return IsPinned(record.signer);
      }
    }
  }
  return false;
}

// A pin that names `observed` has learned the IDs of its canonical identity, from `record`.
bool Trust::IsLearnedUnderPinOf(const SignerRecord& record, const Signer& observed) const {
  if (record.signer.canonical_identity != observed.canonical_identity) return false;
  for (const auto& group : policy_.pins) {
    for (const PinInForce& pin : group) {
      if (pin.policy_name == record.policy_name && pin.pin->name == record.pin) {
        return PinMatches(pin, observed);
      }
    }
  }
  return false;
}

const AcceptanceInForce* Trust::AcceptedSigner(const Signer& observed) const {
  std::string fingerprint;
  std::optional<DriftKind> kind;
  for (const AcceptanceInForce* acceptance : accepted_signers_) {
    const Acceptance& entry = *acceptance->acceptance;
    if (kind != entry.kind) {
      kind = entry.kind;
      fingerprint = SignerFingerprint(entry.kind, repository_, observed);
    }
    if (fingerprint == entry.fingerprint) return acceptance;
  }
  return nullptr;
}

const AcceptanceInForce* Trust::AcceptanceOf(DriftKind kind, std::string_view fingerprint) const {
  for (const AcceptanceInForce& acceptance : policy_.acceptances) {
    if (acceptance.acceptance->kind == kind && acceptance.acceptance->fingerprint == fingerprint) {
      return &acceptance;
    }
  }
  return nullptr;
}

Trust::Related Trust::Relate(const Signer& observed, std::optional<Time> verified_time) const {
  if (AcceptedSigner(observed) != nullptr) return {Relation::kContinuous, nullptr};
  if (policy_.pinned) return RelateToPins(observed, verified_time);
  Related best;
  for (const TrustedSigner& trusted : signers_) {
    const Relation relation =
        Compare(observed, verified_time, trusted.signer(), trusted.record->earliest_verified_time);
    if (best.against == nullptr || relation < best.relation) best = {relation, &trusted.signer()};
  }
  return best;
}

Trust::Related Trust::RelateToPins(const Signer& observed,
                                   std::optional<Time> verified_time) const {
  const bool named = IsPinned(observed);
  if (named && observed.kind == SignerKind::kKey) return {Relation::kContinuous, nullptr};
  Related best;
  bool learned = false;
  for (const TrustedSigner& trusted : signers_) {
    Relation relation =
        Compare(observed, verified_time, trusted.signer(), trusted.record->earliest_verified_time);
    if (trusted.source == SignerSource::kPolicy) {
      learned = learned || IsLearnedUnderPinOf(*trusted.record, observed);
      // The same signer for another tag, which the pin's expression does not name.
      if (relation == Relation::kContinuous && !named) relation = Relation::kSignerChanged;
    }
    if (best.against == nullptr || relation < best.relation) best = {relation, &trusted.signer()};
  }
  if (named) return learned ? best : Related{Relation::kContinuous, nullptr};

  for (const auto& group : policy_.pins) {
    for (const PinInForce& pin : group) {
      if (!pin.pin->keyless || pin.pin->keyless->identity.empty() ||
          observed.kind == SignerKind::kKey) {
        continue;
      }
      const KeylessPin& keyless = *pin.pin->keyless;
      Signer wanted = MakeKeyless(keyless.identity, keyless.issuer);
      wanted.source_repository_id = keyless.source_repository_id;
      wanted.source_repository_owner_id = keyless.source_repository_owner_id;
      wanted.build_config_uri = keyless.build_config_uri;
      if (wanted.canonical_identity == observed.canonical_identity) {
        // What the pin does not set fits everything.
        const auto fill = [](std::string& field, const std::string& seen) {
          if (field.empty()) field = seen;
        };
        fill(wanted.source_repository_id, observed.source_repository_id);
        fill(wanted.source_repository_owner_id, observed.source_repository_owner_id);
        fill(wanted.build_config_uri, observed.build_config_uri);
      }
      Relation relation = Compare(observed, std::nullopt, wanted, std::nullopt);
      if (relation == Relation::kContinuous) relation = Relation::kSignerChanged;
      if (relation < best.relation) best = {relation, nullptr};
    }
  }
  return best;
}

bool SpansHistory(const SignerRecord& signer, const std::vector<Time>& more,
                  Duration establish_after, Time now) {
  if (!signer.earliest_log_time) return false;
  const auto old_enough = [&](Time time) {
    return time - *signer.earliest_log_time > establish_after &&
           (now == Time::max() || time <= now - establish_after);
  };
  if (signer.latest_log_time && old_enough(*signer.latest_log_time)) return true;
  return std::any_of(more.begin(), more.end(), old_enough);
}

std::vector<TrustedSigner> TrustedSigners(const Record& record, const EffectivePolicy& policy) {
  return Trust(record, policy, Settings{}).signers();
}

bool IsEstablished(const Record& record, const EffectivePolicy& policy) {
  return policy.pinned || (record.established_time && record.basis != Basis::kPolicy);
}

bool IsLogCorroborated(const Record& record, const EffectivePolicy& policy,
                       const Settings& settings) {
  return Trust(record, policy, settings).corroborated();
}

}  // namespace plimsoll::baseline
