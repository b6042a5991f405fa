#include "judge.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"

namespace plimsoll::observation {
namespace {

using baseline::NoteKind;
using baseline::Posture;
using sigstore::Outcome;
using sigstore::Verification;

constexpr std::size_t kMessageMax = 512;

enum class Role {
  kSignature,
  kProvenance,
  kNothing,  // a scan, a bill of materials: whoever made it is not who builds
};

Role RoleOf(const Verification& verification) {
  const std::string& predicate = verification.statement ? verification.statement->predicate_type
                                                        : verification.claimed_predicate;
  if (predicate.empty() || predicate == sigstore::kCosignSignPredicate) return Role::kSignature;
  return sigstore::IsSlsaProvenance(predicate) ? Role::kProvenance : Role::kNothing;
}

std::optional<baseline::Storage> StorageOf(oci::StorageForm form) {
  switch (form) {
    case oci::StorageForm::kSignatureTag:
      return baseline::Storage::kSignatureTag;
    case oci::StorageForm::kReferrer:
      return baseline::Storage::kReferrer;
    case oci::StorageForm::kReferrerTag:
      return baseline::Storage::kReferrerTag;
    case oci::StorageForm::kAttestationTag:
      return std::nullopt;
  }
  return std::nullopt;
}

baseline::Signer SignerOf(const sigstore::Signer& signer) {
  if (signer.kind == sigstore::SignerKind::kKey) return baseline::MakeKey(signer.spki_sha256);
  baseline::Signer out = baseline::MakeKeyless(signer.identity, signer.issuer);
  out.build_config_uri = signer.build_config_uri;
  out.source_repository_uri = signer.source_repository_uri;
  out.source_repository_id = signer.source_repository_id;
  out.source_repository_owner_id = signer.source_repository_owner_id;
  return out;
}

std::optional<Time> TimeOf(const Verification& verification, sigstore::TimeSource source) {
  for (const sigstore::VerifiedTime& time : verification.times) {
    if (time.source == source) return time.time;
  }
  return std::nullopt;
}

std::optional<baseline::LogEvidence> EvidenceOf(const Verification& verification) {
  if (!verification.log || verification.log->log_index < 0) return std::nullopt;
  baseline::LogEvidence evidence;
  evidence.origin = verification.log->origin;
  evidence.log_id = verification.log->log_id;
  evidence.index = static_cast<std::uint64_t>(verification.log->log_index);
  // A tile log integrates without a time of its own: there the timestamp of the same signature counts.
  evidence.integrated_time = verification.log->integrated_time
                                 ? verification.log->integrated_time
                                 : TimeOf(verification, sigstore::TimeSource::kTimestampAuthority);
  evidence.entry_hash = verification.log->entry_hash;
  evidence.payload_hash = verification.log->payload_hash;
  return evidence;
}

baseline::ObservedSigner ObservedOf(const Verification& verification, const oci::Material& material,
                                    baseline::Level level) {
  baseline::ObservedSigner observed = ObservedSignerOf(verification);
  observed.storage = StorageOf(material.storage);
  observed.level = level;
  return observed;
}

Verification Verify(const oci::Material& material, const sigstore::Expected& expected,
                    const sigstore::Verifier& verifier) {
  if (const auto* simple = std::get_if<oci::SimpleSigning>(&material.content)) {
    return verifier.VerifyClassic({.payload = simple->payload,
                                   .signature = simple->signature,
                                   .certificate = simple->certificate,
                                   .chain = simple->chain,
                                   .bundle = simple->bundle,
                                   .rfc3161_timestamp = simple->timestamp},
                                  expected);
  }
  if (const auto* bundle = std::get_if<oci::Bundle>(&material.content)) {
    return verifier.VerifyBundle(bundle->bytes, expected);
  }
  const auto& dsse = std::get<oci::Dsse>(material.content);
  return verifier.VerifyAttestation({.envelope = dsse.bytes,
                                     .certificate = dsse.certificate,
                                     .chain = dsse.chain,
                                     .bundle = dsse.bundle,
                                     .rfc3161_timestamp = dsse.timestamp},
                                    expected);
}

// Collects what each piece of material says, then draws the conclusion.
class Judgement {
 public:
  Judgement(const oci::DiscoveryResult& found, const std::string& digest, baseline::Level level)
      : found_(found), digest_(digest), level_(level) {}

  void Add(const oci::Material& material, const Verification& verification) {
    const Role role = RoleOf(verification);
    if (role == Role::kNothing) return;
    Finding finding{digest_, material.storage, verification.outcome, verification.reason,
                    verification.message};
    if (verification.verified() && role == Role::kProvenance && !CountsAsProvenance(verification)) {
      finding.outcome = Outcome::kUnverifiable;
      finding.reason = sigstore::kUnsupportedFormat;
      finding.message =
          "a provenance statement counts only when it is keyless and names a builder; this one is "
          "neither or not both";
    }
    if (finding.outcome == Outcome::kVerified) {
      AddVerified(material, verification, role);
    } else {
      Remember(finding);
      if (verification.verifies_unlogged && verification.signer && role == Role::kSignature) {
        out_.unlogged.push_back(SignerOf(*verification.signer));
      }
    }
    out_.findings.push_back(std::move(finding));
  }

  void Add(const oci::Fact& fact) {
    Finding finding{digest_, fact.storage, Outcome::kUnverifiable, fact.code, fact.message};
    Remember(finding);
    out_.findings.push_back(std::move(finding));
  }

  Judged Conclude() && {
    if (found_.unknown) {
      SetUnknown(found_.unknown->error);
      out_.credential_needed = found_.unknown->error.code == oci::kAuthenticationFailed;
    } else if (best_ != Posture::kUnknown) {
      out_.posture = best_;
      AddNotes();
    } else if (worst_) {
      out_.posture =
          worst_->outcome == Outcome::kInvalid ? Posture::kInvalid : Posture::kUnverifiable;
      out_.reason = worst_->reason.str();
      out_.message = worst_->message;
      if (found_.control == oci::Control::kMissing) Note(NoteKind::kManifestMissing, "");
    } else {
      ConcludeAbsence();
    }
    if (out_.posture == Posture::kUnknown) DropWhatCounts();
    return std::move(out_);
  }

 private:
  static bool CountsAsProvenance(const Verification& verification) {
    return verification.signer && verification.signer->kind == sigstore::SignerKind::kKeyless &&
           verification.statement && verification.statement->provenance;
  }

  void AddVerified(const oci::Material& material, const Verification& verification, Role role) {
    out_.signers.push_back(ObservedOf(verification, material, level_));
    Posture posture = Posture::kAttested;
    if (role == Role::kProvenance) {
      out_.provenance.push_back({verification.statement->provenance->source_repository_uri,
                                 verification.statement->provenance->builder_id,
                                 out_.signers.back().signer});
    } else {
      posture = verification.signer->kind == sigstore::SignerKind::kKey ? Posture::kSignedKeyBased
                                                                        : Posture::kSignedKeyless;
    }
    if (baseline::Rank(posture) > baseline::Rank(best_)) best_ = posture;
    const oci::PlaceRole place = found_.places[material.place].role;
    if (place == oci::PlaceRole::kImage || place == oci::PlaceRole::kSignatureRepository)
      served_here_ = true;
  }

  // The worst finding decides the posture when nothing verifies; of equals the first.
  void Remember(const Finding& finding) {
    if (!worst_ ||
        (worst_->outcome == Outcome::kUnverifiable && finding.outcome == Outcome::kInvalid))
      worst_ = finding;
  }

  void AddNotes() {
    if (worst_ && worst_->outcome == Outcome::kInvalid)
      Note(NoteKind::kExtraInvalidSignature, worst_->message);
    if (!served_here_)
      Note(NoteKind::kSignatureNotMirrored, "the signature was found upstream only");
    if (found_.control == oci::Control::kMissing) Note(NoteKind::kManifestMissing, "");
  }

  void Note(NoteKind kind, std::string_view message) {
    out_.notes.push_back({kind, Printable(message, kMessageMax)});
  }

  void ConcludeAbsence() {
    if (found_.control == oci::Control::kPresent) {
      out_.posture = Posture::kUnsigned;
      return;
    }
    SetUnknown({oci::kDigestNotInRepository,
                "no signature is stored, and neither is the image: it was deleted, or this "
                "credential may not read it",
                true});
  }

  void SetUnknown(const Error& error) {
    out_.posture = Posture::kUnknown;
    out_.reason = error.code.str();
    out_.message = error.message;
  }

  void DropWhatCounts() {
    out_.signers.clear();
    out_.unlogged.clear();
    out_.provenance.clear();
    out_.notes.clear();
  }

  const oci::DiscoveryResult& found_;
  const std::string& digest_;
  const baseline::Level level_;
  Judged out_;
  Posture best_ = Posture::kUnknown;
  std::optional<Finding> worst_;
  bool served_here_ = false;
};

template <class T>
void Append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// What stands for both: a verified one before all, then what accuses, then what is merely absent.
int Weight(Posture posture) {
  if (baseline::IsSigned(posture)) return 10 + baseline::Rank(posture);
  switch (posture) {
    case Posture::kInvalid:
      return 3;
    case Posture::kUnverifiable:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

// What more or longer annotations say differs from image to image.
bool IsShort(const std::map<std::string, std::string>& annotations) {
  constexpr std::size_t kMost = 8, kMostBytes = 512;
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations) bytes += key.size() + value.size();
  return annotations.size() <= kMost && bytes <= kMostBytes;
}

baseline::ObservedSigner ObservedSignerOf(const Verification& verification) {
  baseline::ObservedSigner observed;
  observed.signer = SignerOf(*verification.signer);
  observed.provenance_only = RoleOf(verification) == Role::kProvenance;
  const auto logged = TimeOf(verification, sigstore::TimeSource::kLog);
  observed.verified_time =
      logged ? logged : TimeOf(verification, sigstore::TimeSource::kTimestampAuthority);
  observed.log = EvidenceOf(verification);
  observed.docker_reference = verification.docker_reference;
  if (IsShort(verification.annotations)) observed.annotations = verification.annotations;
  observed.public_key = verification.signer->public_key;
  return observed;
}

Judged Judge(const oci::DiscoveryResult& found, const std::string& digest, baseline::Level level,
             const std::vector<std::string>& known_keys, const sigstore::Verifier& verifier) {
  Judgement judgement(found, digest, level);
  const sigstore::Expected expected{.digests = {digest}, .content = {}, .known_keys = known_keys};
  for (const oci::Material& material : found.materials) {
    judgement.Add(material, Verify(material, expected, verifier));
  }
  for (const oci::Fact& fact : found.facts) judgement.Add(fact);
  return std::move(judgement).Conclude();
}

Judged Merge(Judged own, Judged index) {
  if (own.posture == Posture::kUnknown) return own;
  if (index.posture == Posture::kUnknown) {
    // An index that is gone takes no signature of the manifest itself with it. It may have carried the one that an
    // unsigned manifest lacks.
    const bool gone = index.reason == oci::kDigestNotInRepository.text();
    return gone && baseline::IsSigned(own.posture) ? own : index;
  }
  Judged& better = Weight(index.posture) > Weight(own.posture) ? index : own;
  Judged& other = &better == &own ? index : own;
  const bool from_index = &better == &index;
  Judged out = std::move(better);
  Append(out.signers, std::move(other.signers));
  Append(out.unlogged, std::move(other.unlogged));
  Append(out.provenance, std::move(other.provenance));
  Append(out.findings, std::move(other.findings));
  if (baseline::IsSigned(out.posture) && from_index && !baseline::IsSigned(other.posture)) {
    out.notes.push_back(
        {NoteKind::kSignedAtOtherLevel, "the signature is on the index that lists this manifest"});
  }
  return out;
}

}  // namespace plimsoll::observation
