#include "sigstore/verification.h"

#include "sigstore/trust_root.h"

namespace plimsoll::sigstore {

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kVerified:
      return "Verified";
    case Outcome::kUnverifiable:
      return "Unverifiable";
    case Outcome::kInvalid:
      return "Invalid";
  }
  return "";
}

std::string_view Name(Step step) {
  switch (step) {
    case Step::kParsed:
      return "Parsed";
    case Step::kLogPromise:
      return "LogPromise";
    case Step::kLogInclusion:
      return "LogInclusion";
    case Step::kLogBinding:
      return "LogBinding";
    case Step::kTimestamp:
      return "Timestamp";
    case Step::kCertificateChain:
      return "CertificateChain";
    case Step::kSct:
      return "SCT";
    case Step::kSignature:
      return "Signature";
    case Step::kArtifact:
      return "Artifact";
    case Step::kIdentity:
      return "Identity";
  }
  return "";
}

std::string_view Name(SignerKind kind) { return kind == SignerKind::kKeyless ? "Keyless" : "Key"; }

std::string_view Name(SanKind kind) {
  switch (kind) {
    case SanKind::kUri:
      return "URI";
    case SanKind::kEmail:
      return "Email";
    case SanKind::kOtherName:
      return "OtherName";
  }
  return "";
}

std::string_view Name(TimeSource source) {
  return source == TimeSource::kLog ? "Log" : "TimestampAuthority";
}

std::string_view Name(TrustPartKind kind) {
  switch (kind) {
    case TrustPartKind::kCertificateAuthority:
      return "certificate authority";
    case TrustPartKind::kLog:
      return "transparency log";
    case TrustPartKind::kCtLog:
      return "CT log";
    case TrustPartKind::kTimestampAuthority:
      return "timestamp authority";
  }
  return "";
}

}  // namespace plimsoll::sigstore
