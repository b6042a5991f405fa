// Every combination of a baseline's life, what an image shows, who signed it, what was accepted and what a policy
// pins, against the contract written down once more as tables. The tables below know nothing of how the product
// comes to its verdict; where they and the product differ, one of them is wrong.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

// ---- the contract as tables

enum class Life {
  kEmpty,
  kUnsigned,
  kUnverified,
  kLearning,
  kContested,
  kEstablished,
  kCorroborated,
  kDrifted,
  kByKey,
  kByProvenance,
};

struct LifeRow {
  Life life;
  const char* name;
  bool begun;         // somebody is trusted
  bool material;      // signature material was seen, and never verified
  bool established;   // criticals are critical
  bool corroborated;  // the log knows its signer for long
  int rank;           // of its first use
};
constexpr std::array kLives{
    LifeRow{Life::kEmpty, "Empty", false, false, false, false, 0},
    LifeRow{Life::kUnsigned, "Unsigned", false, false, false, false, 0},
    LifeRow{Life::kUnverified, "Unverified", false, true, false, false, 0},
    LifeRow{Life::kLearning, "Learning", true, false, false, false, 4},
    LifeRow{Life::kContested, "Contested", true, false, false, false, 4},
    LifeRow{Life::kEstablished, "Established", true, false, true, false, 4},
    LifeRow{Life::kCorroborated, "Corroborated", true, false, true, true, 4},
    LifeRow{Life::kDrifted, "Drifted", true, false, true, false, 4},
    LifeRow{Life::kByKey, "ByKey", true, false, true, false, 3},
    LifeRow{Life::kByProvenance, "ByProvenance", true, false, true, false, 2},
};

// How the observed signer relates to the one that the repository trusts (or would, had it begun).
enum class Other {
  kNone,      // there is no verified signer
  kSame,      // continuous
  kRenamed,   // same IDs, another name
  kGainsIds,  // the same name, IDs that were absent before
  kNewOwner,  // the same name, another owner ID
  kIssuer,    // the same name, another issuer
  kStranger,
  kKey,  // a public key
  kOtherKey,
};
struct OtherRow {
  Other other;
  const char* name;
  std::optional<DriftKind> kind;  // of an image signed by it alone
  bool critical;
  bool named_by_pin;  // a pin of the trusted signer's identity and issuer names it too
};
// Against a keyless trusted signer, which every row but the last life has.
constexpr std::array kOthers{
    OtherRow{Other::kNone, "Nobody", std::nullopt, false, false},
    OtherRow{Other::kSame, "Same", std::nullopt, false, true},
    OtherRow{Other::kRenamed, "Renamed", DriftKind::kSignerRenamed, false, false},
    OtherRow{Other::kGainsIds, "GainsIds", DriftKind::kRepositoryIdentityReused, false, true},
    OtherRow{Other::kNewOwner, "NewOwner", DriftKind::kRepositoryIdentityReused, true, true},
    OtherRow{Other::kIssuer, "Issuer", DriftKind::kIssuerChanged, true, false},
    OtherRow{Other::kStranger, "Stranger", DriftKind::kSignerChanged, true, false},
    OtherRow{Other::kKey, "Key", DriftKind::kSignerChanged, true, false},
    OtherRow{Other::kOtherKey, "OtherKey", DriftKind::kSignerChanged, true, false},
};

enum class Shows {
  kNothingKnown,
  kInvalid,
  kUnsigned,
  kUnverifiable,
  kUnverifiableStale,  // the trust root is out of date by its own dates
  kUnlogged,           // Unverifiable; the signature lacks only its log proof
  kSigned,
  kAttested,
};
struct ShowsRow {
  Shows shows;
  const char* name;
  bool has_signer;
};
constexpr std::array kShown{
    ShowsRow{Shows::kNothingKnown, "Unknown", false},
    ShowsRow{Shows::kInvalid, "Invalid", false},
    ShowsRow{Shows::kUnsigned, "Unsigned", false},
    ShowsRow{Shows::kUnverifiable, "Unverifiable", false},
    ShowsRow{Shows::kUnverifiableStale, "UnverifiableStale", false},
    ShowsRow{Shows::kUnlogged, "Unlogged", true},
    ShowsRow{Shows::kSigned, "Signed", true},
    ShowsRow{Shows::kAttested, "Attested", true},
};

enum class Pinned { kNobody, kTrusted, kObserved, kThird };
constexpr std::array kPins{Pinned::kNobody, Pinned::kTrusted, Pinned::kObserved, Pinned::kThird};
constexpr const char* kPinNames[]{"NoPin", "PinsTrusted", "PinsObserved", "PinsThird"};

enum class Accepted {
  kNothing,
  kOffered,          // what the message offers: s-, or d-
  kWholeRepository,  // the r- of the kind
  kExpired,
  kOtherKind,
  kOtherRepository,
  kOtherFingerprint,
};
constexpr std::array kAcceptances{
    Accepted::kNothing,          Accepted::kOffered,   Accepted::kWholeRepository,
    Accepted::kExpired,          Accepted::kOtherKind, Accepted::kOtherRepository,
    Accepted::kOtherFingerprint,
};
constexpr const char* kAcceptanceNames[]{
    "NotAccepted",      "AcceptsOffered",         "AcceptsRepository",      "Expired",
    "AcceptsOtherKind", "AcceptsOtherRepository", "AcceptsOtherFingerprint"};

struct Expected {
  std::optional<DriftKind> kind;
  bool critical = false;
  bool pending = false;
  bool accepted = false;
  bool continuous = false;
};

struct Cell {
  const LifeRow& life;
  const ShowsRow& shows;
  const OtherRow& other;
  Pinned pinned;
  bool signer_accepted = false;  // an s- acceptance of the observed signer is in force
};

// Who is trusted, and how the observed signer relates to that: nothing when it continues.
struct Standing {
  std::optional<DriftKind> kind;
  bool critical = false;
};
Standing StandingOf(const Cell& cell) {
  constexpr Standing kContinues{};
  constexpr Standing kForeign{DriftKind::kSignerChanged, true};
  if (cell.signer_accepted) return kContinues;
  const Other other = cell.other.other;
  const bool key = other == Other::kKey || other == Other::kOtherKey;
  switch (cell.pinned) {
    case Pinned::kThird:
      return kForeign;
    case Pinned::kObserved:
      // A pin replaces the learned signers, not the continuity of IDs of the name that it pins.
      if (key || !cell.other.named_by_pin) return kContinues;
      [[fallthrough]];
    case Pinned::kTrusted: {
      const bool learned = cell.life.begun && cell.life.life != Life::kByKey;
      if (learned) return {cell.other.kind, cell.other.critical};
      if (cell.other.named_by_pin) return kContinues;
      // Nothing is known of the pinned signer's IDs: there is no rename without them.
      if (other == Other::kIssuer) return {DriftKind::kIssuerChanged, true};
      return kForeign;
    }
    case Pinned::kNobody:
      break;
  }
  if (cell.life.life == Life::kByKey) return other == Other::kKey ? kContinues : kForeign;
  return {cell.other.kind, cell.other.critical};
}

Expected ExpectedOf(const Cell& cell) {
  const bool pinned = cell.pinned != Pinned::kNobody;
  const bool begun = cell.life.begun || pinned;
  const bool established = cell.life.established || pinned;
  const Standing standing = StandingOf(cell);
  const auto drift = [&](DriftKind kind, bool critical) {
    Expected expected;
    expected.kind = kind;
    expected.critical = critical && established;  // a weak baseline: a lead
    return expected;
  };
  switch (cell.shows.shows) {
    case Shows::kNothingKnown:
      return {};
    case Shows::kInvalid:
      return drift(DriftKind::kSignatureInvalid, true);
    case Shows::kUnsigned: {
      if (!begun && !cell.life.material) return {};
      Expected missing = drift(DriftKind::kSignatureMissing, true);
      missing.pending = true;  // one observation is no confirmation
      return missing;
    }
    case Shows::kUnverifiable:
      return begun ? drift(DriftKind::kSigningDowngrade, true) : Expected{};
    case Shows::kUnverifiableStale:
      return begun ? drift(DriftKind::kSigningDowngrade, false) : Expected{};
    case Shows::kUnlogged:
      if (!begun) return {};
      // Replaces SigningDowngrade where the log has known the signer for long, and still trusts it.
      if (cell.life.corroborated && !standing.kind && cell.pinned != Pinned::kThird &&
          cell.other.other == Other::kSame) {
        return drift(DriftKind::kSignatureNotLogged, true);
      }
      return drift(DriftKind::kSigningDowngrade, true);
    case Shows::kSigned:
    case Shows::kAttested:
      break;
  }
  if (!begun && !cell.signer_accepted) return {};
  if (standing.kind) return drift(*standing.kind, standing.critical);
  const bool key = cell.other.other == Other::kKey || cell.other.other == Other::kOtherKey;
  int rank = key ? 3 : 4;
  if (cell.shows.shows == Shows::kAttested) rank = 2;
  // Who accepts a key as the signer has accepted how a key signs.
  const int wanted = key && cell.signer_accepted ? std::min(cell.life.rank, 3) : cell.life.rank;
  Expected expected;
  if (begun && !pinned && rank < wanted) expected = drift(DriftKind::kSigningDowngrade, true);
  expected.continuous = true;
  return expected;
}

// ---- the product in the same situations

// The one that is trusted. Whoever gains IDs needs one without.
Signer Trusted(Life life, Other other) {
  if (life == Life::kByKey) return Key('a');
  return other == Other::kGainsIds ? Workflow("acme/web", "refs/tags/v1", "", "") : Workflow();
}

Signer Observed(Other other) {
  switch (other) {
    case Other::kNone:
    case Other::kSame:
      return Workflow("acme/web", "refs/tags/v9");
    case Other::kRenamed:
      return Workflow("acme/shop", "refs/tags/v9");
    case Other::kGainsIds:
      return Workflow("acme/web", "refs/tags/v9");
    case Other::kNewOwner:
      return Workflow("acme/web", "refs/tags/v9", "11", "99");
    case Other::kIssuer: {
      Signer signer = Workflow("acme/web", "refs/tags/v9");
      signer.issuer = "https://issuer.example";
      return signer;
    }
    case Other::kStranger:
      return Stranger();
    case Other::kKey:
      return Key('a');
    case Other::kOtherKey:
      return Key('b');
  }
  return {};
}

World WorldOf(Life life, const Signer& trusted) {
  World world;
  switch (life) {
    case Life::kEmpty:
      return world;
    case Life::kUnsigned:
      world.Deploy("first", Unsigned("first"));
      return world;
    case Life::kUnverified:
      world.Deploy("first", Unverifiable("first"));
      return world;
    case Life::kLearning:
      world.Deploy("first", Signed("first", trusted));
      world.Pass(minutes(1));
      return world;
    case Life::kContested:
      world.Deploy("first", Signed("first", trusted));
      world.Pass(minutes(1));
      world.Deploy("claim", Signed("claim", Stranger("other")));
      world.Pass(hours(25));
      world.See(Signed("first", trusted));
      return world;
    case Life::kEstablished:
    case Life::kByKey:
      return World::Established(trusted);
    case Life::kCorroborated:
      return World::Corroborated(trusted);
    case Life::kDrifted:
      world = World::Established(trusted);
      world.Deploy("evil", Signed("evil", Stranger("other")));
      return world;
    case Life::kByProvenance:
      world.Deploy("first", Attested("first", trusted));
      world.Pass(hours(25));
      world.See(Attested("first", trusted));
      return world;
  }
  return world;
}

Observation ObservationOf(Shows shows, const Signer& signer) {
  const std::string name = "new";
  switch (shows) {
    case Shows::kNothingKnown:
      return Unknown(name);
    case Shows::kInvalid:
      return Invalid(name);
    case Shows::kUnsigned:
      return Unsigned(name);
    case Shows::kUnverifiable:
      return Unverifiable(name);
    case Shows::kUnverifiableStale: {
      Observation seen = Unverifiable(name);
      seen.trust_root_stale = true;
      return seen;
    }
    case Shows::kUnlogged: {
      Observation seen = Unverifiable(name, "NoLogEntry");
      seen.unlogged.push_back(signer);
      return seen;
    }
    case Shows::kSigned:
      return SignedAt(name, signer, Start());
    case Shows::kAttested:
      return Seen(name, Posture::kAttested, {LoggedBy(signer, Start())});
  }
  return {};
}

SigningPolicy PinOf(const Signer& signer) {
  if (signer.kind == SignerKind::kKeyless) return PinPolicy("pin", signer);
  SigningPolicy policy;
  policy.name = "pin";
  policy.repositories = {kRepository};
  return policy;
}

// The entry that a person would write for what `verdict` shows; nothing where there is none of that form.
std::optional<SigningPolicy> AcceptanceOf(Accepted accepted, const Verdict& verdict, Time now) {
  Acceptance entry;
  entry.kind = *verdict.kind;
  entry.repository = kRepository;
  entry.reason = "looked at";
  entry.fingerprint = verdict.fingerprint;
  entry.expiration_time = now + Days(10);
  switch (accepted) {
    case Accepted::kNothing:
      return std::nullopt;
    case Accepted::kOffered:
      break;
    case Accepted::kWholeRepository:
      if (!verdict.entry_fingerprint.starts_with("r-")) return std::nullopt;
      entry.fingerprint = verdict.entry_fingerprint;
      break;
    case Accepted::kExpired:
      entry.expiration_time = now - hours(1);
      break;
    case Accepted::kOtherKind:
      entry.kind = entry.kind == DriftKind::kSignerChanged ? DriftKind::kIssuerChanged
                                                           : DriftKind::kSignerChanged;
      break;
    case Accepted::kOtherRepository:
      entry.repository = "ghcr.io/acme/other";
      break;
    case Accepted::kOtherFingerprint:
      entry.fingerprint[10] = entry.fingerprint[10] == '0' ? '1' : '0';
      break;
  }
  SigningPolicy policy;
  policy.name = "accept";
  policy.repositories = {"ghcr.io/acme/*"};
  policy.accepted_drift.push_back(std::move(entry));
  return policy;
}

std::string Text(const std::optional<DriftKind>& kind) {
  return kind ? std::string(ToText(*kind)) : "none";
}

void ExpectVerdict(const Verdict& verdict, const Expected& expected, const std::string& cell) {
  EXPECT_EQ(Text(verdict.kind), Text(expected.kind)) << cell;
  EXPECT_EQ(verdict.continuous, expected.continuous) << cell;
  if (!verdict.kind || !expected.kind) return;
  EXPECT_EQ(verdict.severity == Severity::kCritical, expected.critical) << cell;
  EXPECT_EQ(verdict.pending_until.has_value(), expected.pending) << cell;
  EXPECT_EQ(verdict.accepted, expected.accepted) << cell;
}

bool Makes(const Cell& cell) {
  const Other other = cell.other.other;
  const bool key = other == Other::kKey || other == Other::kOtherKey;
  if (cell.shows.has_signer == (other == Other::kNone)) return false;
  // Provenance and certificates without a log entry are keyless things.
  if (key && cell.shows.shows != Shows::kSigned) return false;
  // A pin names a key by its PEM, which policy_test.cc is about.
  if (key && cell.pinned == Pinned::kObserved) return false;
  return true;
}

class ClassifyTable : public ::testing::TestWithParam<LifeRow> {};

TEST_P(ClassifyTable, SaysWhatTheContractSays) {
  const LifeRow& life = GetParam();
  std::size_t cells = 0;
  for (const ShowsRow& shows : kShown) {
    for (const OtherRow& other : kOthers) {
      for (const Pinned pinned : kPins) {
        Cell cell{life, shows, other, pinned};
        if (!Makes(cell)) continue;
        const Signer trusted = Trusted(life.life, other.other);
        const Signer observed = Observed(other.other);
        World world = WorldOf(life.life, trusted);
        if (pinned == Pinned::kTrusted) world.Apply(PinOf(Workflow()));
        if (pinned == Pinned::kObserved) world.Apply(PinOf(observed));
        if (pinned == Pinned::kThird) world.Apply(PinOf(Workflow("third/party")));
        const Observation seen = ObservationOf(shows.shows, observed);
        const std::string where = std::string(life.name) + " " + shows.name + " " + other.name +
                                  " " + kPinNames[static_cast<int>(pinned)] + " ";
        const Verdict before = world.Judge(seen);
        for (const Accepted accepted : kAcceptances) {
          cell.signer_accepted = false;
          Expected expected = ExpectedOf(cell);
          World then = world;
          if (accepted != Accepted::kNothing) {
            if (!before.kind) continue;  // there is nothing to accept
            const auto policy = AcceptanceOf(accepted, before, world.now());
            if (!policy) continue;
            then.Apply(*policy);
          }
          const bool offered = accepted == Accepted::kOffered;
          if (offered && before.fingerprint.starts_with("s-")) {
            cell.signer_accepted = true;
            expected = ExpectedOf(cell);
          } else if (offered) {
            expected.accepted = true;
          } else if (accepted == Accepted::kWholeRepository) {
            expected.accepted = expected.kind != DriftKind::kSignatureInvalid;
          }
          ExpectVerdict(then.Judge(seen), expected,
                        where + kAcceptanceNames[static_cast<int>(accepted)]);
          cells += 1;
        }
      }
    }
  }
  std::cout << life.name << ": " << cells << " cells\n";
  EXPECT_GT(cells, 100u);
}

INSTANTIATE_TEST_SUITE_P(Life, ClassifyTable, ::testing::ValuesIn(kLives),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace plimsoll::baseline::testing
