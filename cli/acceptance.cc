#include "cli/acceptance.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "base/printable.h"
#include "baseline/fingerprint.h"
#include "baseline/settings.h"
#include "json/json.h"

namespace plimsoll::cli {
namespace {

using baseline::DriftKind;

constexpr std::size_t kReasonCharacters = 512;
constexpr std::size_t kFingerprintLength = 34;
constexpr std::size_t kPrefixLeast = 6;  // the form, "-", and four digits
constexpr std::int64_t kMostDays = 36'500;

std::size_t CharactersOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

std::optional<Time> AfterDays(std::string_view text, Time now) {
  if (!text.ends_with('d')) return std::nullopt;
  text.remove_suffix(1);
  std::int64_t days = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (problem != std::errc() || end != text.data() + text.size() || days < 0 || days > kMostDays)
    return std::nullopt;
  return now + std::chrono::hours(24 * days);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// What our manager applied to a list of the spec: the members of `fields`, without their prefix.
std::set<std::string> AppliedKeys(const json::Value& fields, std::string_view prefix) {
  std::set<std::string> keys;
  for (json::Value field = fields.first(); !field.missing(); field = field.next()) {
    if (field.name().starts_with(prefix)) keys.emplace(field.name().substr(prefix.size()));
  }
  return keys;
}

}  // namespace

Result<Time> ParseExpiry(std::string_view text, Time now) {
  now = WholeSeconds(now);
  if (const auto days = AfterDays(text, now)) return *days;
  if (const auto duration = ParseDuration(text)) return WholeSeconds(now + *duration);
  if (const auto time = ParseTime(text)) return WholeSeconds(*time);
  if (const auto date = ParseTime(std::string(text) + "T00:00:00Z")) return *date;
  return Fail(kInvalidArgument,
              "--expires: expected a time from now (14d, 36h), a date (2026-12-15) or a time "
              "(2026-12-15T08:00:00Z), found " +
                  Printable(text, 64));
}

Result<DriftKind> ParseKind(std::string_view text) {
  std::string names;
  for (int i = 0; i < baseline::kDriftKinds; ++i) {
    const auto kind = static_cast<DriftKind>(i);
    if (Lower(baseline::ToText(kind)) == Lower(text)) return kind;
    names += (names.empty() ? "" : ", ") + std::string(baseline::ToText(kind));
  }
  return Fail(kInvalidArgument,
              Printable(text, 64) + " is no kind of drift; expected one of " + names);
}

bool IsFingerprintPrefix(std::string_view text) {
  if (text.size() < kPrefixLeast || text.size() > kFingerprintLength) return false;
  std::string whole(text);
  whole.resize(kFingerprintLength, '0');
  return baseline::FingerprintForm(whole).has_value();
}

bool IsFingerprint(std::string_view text) { return baseline::FingerprintForm(text).has_value(); }

std::vector<std::string> KnownFingerprints(const baseline::Record& record, DriftKind kind) {
  std::set<std::string> known;
  const auto add_image = [&](const auto& image) {
    if (!image.drift.empty() && !baseline::NamesSigner(kind))
      known.insert(baseline::DigestFingerprint(kind, record.repository, image.digest));
  };
  for (const baseline::DriftRecord& drift : record.drift) {
    if (drift.kind != kind) continue;
    known.insert(drift.fingerprint);
    for (const baseline::DriftDigest& digest : drift.digests)
      if (!digest.fingerprint.empty()) known.insert(digest.fingerprint);
    for (const baseline::ImageRecord& image : record.images)
      if (image.drift == drift.fingerprint) add_image(image);
    for (const baseline::RememberedRecord& image : record.remembered)
      if (image.drift == drift.fingerprint) add_image(image);
  }
  for (const baseline::AcceptedRecord& accepted : record.accepted)
    if (accepted.kind == kind) known.insert(accepted.fingerprint);
  for (const baseline::HistoryRecord& closed : record.history)
    if (closed.kind == kind) known.insert(closed.fingerprint);
  // "CoSigned SignerChanged s-..."
  const std::string noted = " " + std::string(baseline::ToText(kind)) + " ";
  for (const baseline::ImageRecord& image : record.images) {
    for (const std::string& note : image.notes) {
      const std::size_t at = note.find(noted);
      if (at == std::string::npos) continue;
      const std::string fingerprint = note.substr(at + noted.size());
      if (IsFingerprint(fingerprint)) known.insert(fingerprint);
    }
  }
  return {known.begin(), known.end()};
}

Result<std::string> CompleteFingerprint(std::string_view prefix, DriftKind kind,
                                        const baseline::Record& record) {
  std::vector<std::string> fitting;
  for (std::string& fingerprint : KnownFingerprints(record, kind)) {
    if (fingerprint.starts_with(prefix)) fitting.push_back(std::move(fingerprint));
  }
  const std::string what = std::string(baseline::ToText(kind)) + " of " + record.repository;
  if (fitting.empty()) {
    return Fail(kNotFound,
                "no " + what + " is known whose fingerprint begins with " + std::string(prefix) +
                    "; give the whole fingerprint, as the denial, the Event or `explain` shows it");
  }
  if (fitting.size() > 1) {
    std::string list;
    for (const std::string& fingerprint : fitting) list += "\n  " + fingerprint;
    return Fail(kAmbiguous, "several fingerprints of " + what + " begin with " +
                                std::string(prefix) + "; expected one of" + list);
  }
  return fitting.front();
}

Status CheckAcceptance(const baseline::Acceptance& acceptance, Time now) {
  const std::string kind(baseline::ToText(acceptance.kind));
  if (acceptance.reason.empty() || !IsUtf8(acceptance.reason) ||
      CharactersOf(acceptance.reason) > kReasonCharacters) {
    return Fail(kInvalidArgument,
                "--reason: expected why, in 1 to 512 characters: a sentence and a ticket");
  }
  const auto form = baseline::FingerprintForm(acceptance.fingerprint);
  if (!form) {
    return Fail(kInvalidArgument,
                Printable(acceptance.fingerprint, 64) +
                    " is no fingerprint: expected s-, d- or r- and 32 hexadecimal digits");
  }
  const bool names_signer = baseline::NamesSigner(acceptance.kind);
  if (names_signer != (*form == 's')) {
    return Fail(kRefused, kind + " is accepted by " +
                              (names_signer ? "the signer that it names (s-)"
                                            : "image (d-) or for a while for the repository (r-)") +
                              ", not by " + acceptance.fingerprint.substr(0, 2));
  }
  const auto& expiry = acceptance.expiration_time;
  if (*form == 'r') {
    const bool never_whole = acceptance.kind == DriftKind::kSignatureStripped ||
                             acceptance.kind == DriftKind::kSignatureInvalid;
    if (never_whole) return Fail(kRefused, kind + " is accepted image by image (d-) only");
    const std::string expected =
        baseline::RepositoryFingerprint(acceptance.kind, acceptance.repository);
    if (acceptance.fingerprint != expected) {
      return Fail(kRefused, acceptance.fingerprint + " is not the fingerprint of " + kind +
                                " for all of " + acceptance.repository + ": that is " + expected);
    }
    if (!expiry) {
      return Fail(kRefused,
                  "an acceptance for the whole repository (r-) is for a time only: give --expires, "
                  "at most 90d");
    }
    if (*expiry > WholeSeconds(now) + baseline::FixedDurations::kAcceptanceMax) {
      return Fail(kRefused,
                  "an acceptance for the whole repository (r-) ends at most 90 days from now; " +
                      FormatTime(*expiry) + " is later");
    }
  }
  if (expiry && *expiry <= now) {
    return Fail(kRefused, "--expires: " + FormatTime(*expiry) + " is over already");
  }
  return {};
}

baseline::SigningPolicy AcceptancePolicy(const baseline::Acceptance& acceptance) {
  baseline::SigningPolicy policy;
  policy.name = api::AcceptancePolicyName(acceptance.fingerprint);
  policy.repositories = {acceptance.repository};
  policy.accepted_drift = {acceptance};
  return policy;
}

void KeepAppliedEntries(std::string_view stored_json, baseline::SigningPolicy* policy) {
  const auto document = json::Document::Parse(stored_json, api::kResourceLimits);
  const auto stored = api::ReadSigningPolicy(stored_json);
  if (!document || !stored) return;
  std::set<std::string> fingerprints;
  std::set<std::string> repositories;
  const json::Value managers = document->root()["metadata"]["managedFields"];
  for (json::Value entry = managers.first(); !entry.missing(); entry = entry.next()) {
    if (entry["manager"].StringOrEmpty() != kFieldManager ||
        entry["operation"].StringOrEmpty() != "Apply")
      continue;
    const json::Value spec = entry["fieldsV1"]["f:spec"];
    fingerprints.merge(AppliedKeys(spec["f:acceptedDrift"], "k:"));
    repositories.merge(AppliedKeys(spec["f:repositories"], "v:"));
  }
  const std::string& own = policy->accepted_drift.front().fingerprint;
  for (const baseline::Acceptance& other : stored->policy.accepted_drift) {
    if (other.fingerprint != own &&
        fingerprints.count("{\"fingerprint\":\"" + other.fingerprint + "\"}") != 0)
      policy->accepted_drift.push_back(other);
  }
  for (const std::string& other : stored->policy.repositories) {
    if (other != policy->repositories.front() && repositories.count("\"" + other + "\"") != 0)
      policy->repositories.push_back(other);
  }
}

}  // namespace plimsoll::cli
