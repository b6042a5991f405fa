#include "baseline/continuity.h"

#include <algorithm>
#include <array>

namespace plimsoll::baseline {
namespace {

enum class Field { kEqual, kOther, kAbsentBoth, kAbsentTrusted, kAbsentObserved };

Field CompareField(std::string_view observed, std::string_view trusted) {
  if (observed.empty() && trusted.empty()) return Field::kAbsentBoth;
  if (observed.empty()) return Field::kAbsentObserved;
  if (trusted.empty()) return Field::kAbsentTrusted;
  return observed == trusted ? Field::kEqual : Field::kOther;
}

bool IsCommit(std::string_view ref) {
  return (ref.size() == 40 || ref.size() == 64) && std::all_of(ref.begin(), ref.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool SameRefText(std::string_view a, std::string_view b) {
  return a == b || (IsCommit(a) && IsCommit(b));
}

// The same ref after the last "@" in both texts (which are canonical). A ref's own name may contain "@"
// (a branch "x@refs/tags/v1"), so what follows the first "@refs/" has to be the same too: a branch cannot
// pass for a tag.
bool SameRef(std::string_view a, std::string_view b) {
  const auto last_a = a.rfind('@');
  const auto last_b = b.rfind('@');
  if (last_a == std::string_view::npos || last_b == std::string_view::npos) return false;
  if (!SameRefText(a.substr(last_a + 1), b.substr(last_b + 1))) return false;
  const auto first_a = a.find("@refs/");
  const auto first_b = b.find("@refs/");
  if (first_a == std::string_view::npos && first_b == std::string_view::npos) return true;
  if (first_a == std::string_view::npos || first_b == std::string_view::npos) return false;
  return a.substr(first_a) == b.substr(first_b);
}

Relation CompareKeyless(const Signer& observed, std::optional<Time> observed_time,
                        const Signer& trusted, std::optional<Time> trusted_earliest) {
  const bool same_identity = observed.canonical_identity == trusted.canonical_identity;
  const bool same_issuer = observed.issuer == trusted.issuer;
  const std::string build_observed = Canonical(observed.build_config_uri);
  const std::string build_trusted = Canonical(trusted.build_config_uri);
  const Field repository_id =
      CompareField(observed.source_repository_id, trusted.source_repository_id);
  const Field owner_id =
      CompareField(observed.source_repository_owner_id, trusted.source_repository_owner_id);
  const Field build = CompareField(build_observed, build_trusted);

  if (same_identity && same_issuer) {
    const std::array fields{repository_id, owner_id, build};
    const auto any = [&fields](Field wanted) {
      return std::find(fields.begin(), fields.end(), wanted) != fields.end();
    };
    const bool other = any(Field::kOther);
    const bool absent_trusted = any(Field::kAbsentTrusted);
    const bool absent_observed = any(Field::kAbsentObserved);
    if (!other && !absent_trusted && !absent_observed) return Relation::kContinuous;
    if (!other && absent_trusted && !absent_observed) return Relation::kIdentityReusedWarning;
    if (!other && absent_observed && !absent_trusted) {
      const bool before = observed_time && trusted_earliest && *observed_time < *trusted_earliest;
      return before ? Relation::kContinuous : Relation::kSignerChanged;
    }
    if (repository_id == Field::kOther || owner_id == Field::kOther ||
        (absent_trusted && absent_observed)) {
      return Relation::kIdentityReusedCritical;
    }
  }
  if (same_identity && !same_issuer) return Relation::kIssuerChanged;
  if (same_issuer && repository_id == Field::kEqual && owner_id == Field::kEqual &&
      (!same_identity || build == Field::kOther) &&
      SameRef(observed.canonical_identity, trusted.canonical_identity) &&
      (build_observed.empty() || build_trusted.empty() || SameRef(build_observed, build_trusted))) {
    return Relation::kSignerRenamed;
  }
  return Relation::kSignerChanged;
}

}  // namespace

Relation Compare(const Signer& observed, std::optional<Time> observed_time, const Signer& trusted,
                 std::optional<Time> trusted_earliest) {
  if (observed.kind == SignerKind::kKey && trusted.kind == SignerKind::kKey) {
    return observed.spki_sha256 == trusted.spki_sha256 ? Relation::kContinuous
                                                       : Relation::kSignerChanged;
  }
  if (observed.kind != trusted.kind) return Relation::kSignerChanged;
  return CompareKeyless(observed, observed_time, trusted, trusted_earliest);
}

std::optional<DriftKind> KindOf(Relation relation) {
  switch (relation) {
    case Relation::kContinuous:
      return std::nullopt;
    case Relation::kSignerRenamed:
      return DriftKind::kSignerRenamed;
    case Relation::kIdentityReusedWarning:
    case Relation::kIdentityReusedCritical:
      return DriftKind::kRepositoryIdentityReused;
    case Relation::kIssuerChanged:
      return DriftKind::kIssuerChanged;
    case Relation::kSignerChanged:
      break;
  }
  return DriftKind::kSignerChanged;
}

Severity SeverityOf(Relation relation) {
  switch (relation) {
    case Relation::kIdentityReusedCritical:
    case Relation::kIssuerChanged:
    case Relation::kSignerChanged:
      return Severity::kCritical;
    case Relation::kContinuous:
    case Relation::kSignerRenamed:
    case Relation::kIdentityReusedWarning:
      break;
  }
  return Severity::kWarning;
}

}  // namespace plimsoll::baseline
