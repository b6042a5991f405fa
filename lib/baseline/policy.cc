#include "baseline/policy.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/printable.h"
#include "baseline/fingerprint.h"
#include "baseline/settings.h"

namespace plimsoll::baseline {

// Exactly one of the two is set when the pin can match anything.
struct CompiledPin {
  std::shared_ptr<const re2::RE2> expression;
  std::string spki_sha256;
  bool valid = true;
};

namespace {

constexpr std::int64_t kExpressionMemory = 1 << 20;
constexpr std::size_t kExpressionLength = 512;
constexpr std::size_t kPemLength = 4096;

// The DER of one PEM block of a public key; empty when the text is not one.
Bytes PublicKeyDer(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
  if (pem.size() > kPemLength || !pem.starts_with(kBegin)) return {};
  const auto end = pem.find(kEnd);
  if (end == std::string_view::npos) return {};
  std::string body;
  for (const char c : pem.substr(kBegin.size(), end - kBegin.size())) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') body += c;
  }
  const std::string_view rest = pem.substr(end + kEnd.size());
  if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos) return {};
  auto der = Base64Decode(body);
  return der ? *std::move(der) : Bytes();
}

CompiledPin CompilePin(const Pin& pin) {
  CompiledPin compiled;
  if (pin.keyless && !pin.keyless->identity_reg_exp.empty()) {
    if (pin.keyless->identity_reg_exp.size() > kExpressionLength) {
      compiled.valid = false;
      return compiled;
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kExpressionMemory);
    compiled.expression = std::make_shared<re2::RE2>(pin.keyless->identity_reg_exp, options);
    compiled.valid = compiled.expression->ok();
  } else if (!pin.keyless) {
    const Bytes der = PublicKeyDer(pin.public_key);
    compiled.valid = !der.empty();
    if (compiled.valid) compiled.spki_sha256 = Sha256Hex(der);
  }
  return compiled;
}

// What pins say, without their names: for telling whether two tied policies say the same.
std::set<std::string> Contents(const std::vector<Pin>& pins) {
  std::set<std::string> contents;
  for (const Pin& pin : pins) {
    std::string text;
    const auto add = [&text](std::string_view part) {
      text += part;
      text += '\0';
    };
    if (pin.keyless) {
      add(pin.keyless->issuer);
      add(pin.keyless->identity);
      add(pin.keyless->identity_reg_exp);
      add(pin.keyless->source_repository_id);
      add(pin.keyless->source_repository_owner_id);
      add(pin.keyless->build_config_uri);
    } else {
      add("key");
      add(pin.public_key);
    }
    contents.insert(std::move(text));
  }
  return contents;
}

bool Fits(const Acceptance& acceptance) {
  const auto form = FingerprintForm(acceptance.fingerprint);
  if (!form || (*form == 's') != NamesSigner(acceptance.kind)) return false;
  if (*form != 'r') return true;
  return acceptance.expiration_time && acceptance.kind != DriftKind::kSignatureStripped &&
         acceptance.kind != DriftKind::kSignatureInvalid;
}

bool IsTooFar(const Acceptance& acceptance, Time now) {
  return acceptance.fingerprint.starts_with("r-") && acceptance.expiration_time &&
         WholeSeconds(*acceptance.expiration_time) > now + FixedDurations::kAcceptanceMax;
}

bool IsExpired(const Acceptance& acceptance, Time now) {
  return acceptance.expiration_time && WholeSeconds(*acceptance.expiration_time) <= now;
}

void Earlier(std::optional<Time>& least, Time candidate) {
  if (!least || candidate < *least) least = candidate;
}

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view repository) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesGlob(pattern, repository); });
}

}  // namespace

bool MatchesGlob(std::string_view pattern, std::string_view repository) {
  if (pattern.find('*') == std::string_view::npos) return pattern == repository;
  // reach[j]: the pattern so far matches the first j characters.
  std::vector<char> reach(repository.size() + 1, 0);
  std::vector<char> next(repository.size() + 1, 0);
  reach[0] = 1;
  for (std::size_t i = 0; i < pattern.size();) {
    std::fill(next.begin(), next.end(), 0);
    if (pattern[i] != '*') {
      for (std::size_t j = 0; j < repository.size(); ++j) {
        if (reach[j] != 0 && repository[j] == pattern[i]) next[j + 1] = 1;
      }
      i += 1;
    } else {
      std::size_t stars = i;
      while (stars < pattern.size() && pattern[stars] == '*') ++stars;
      const bool across = stars - i >= 2;
      bool open = false;
      for (std::size_t j = 0; j <= repository.size(); ++j) {
        if (j > 0 && !across && repository[j - 1] == '/') open = false;
        if (reach[j] != 0) open = true;
        next[j] = open ? 1 : 0;
      }
      // "/**/" also stands for a single "/".
      if (across && i > 0 && pattern[i - 1] == '/' && stars < pattern.size() &&
          pattern[stars] == '/') {
        std::vector<char> after(repository.size() + 1, 0);
        for (std::size_t j = 0; j < repository.size(); ++j) {
          if (next[j] != 0 && repository[j] == '/') after[j + 1] = 1;
        }
        for (std::size_t j = 0; j <= repository.size(); ++j) {
          if (reach[j] != 0) after[j] = 1;
        }
        next = std::move(after);
        stars += 1;
      }
      i = stars;
    }
    std::swap(reach, next);
    next.resize(repository.size() + 1);
  }
  return reach[repository.size()] != 0;
}

std::optional<Specificity> MatchOf(const SigningPolicy& policy, std::string_view repository) {
  std::optional<Specificity> best;
  for (const std::string& pattern : policy.repositories) {
    if (!MatchesGlob(pattern, repository)) continue;
    const auto star = pattern.find('*');
    const Specificity found{star == std::string::npos, std::min(star, pattern.size()),
                            pattern.size()};
    if (!best || found > *best) best = found;
  }
  return best;
}

bool PinMatches(const PinInForce& pin, const Signer& signer) {
  if (!pin.compiled->valid) return false;
  if (!pin.pin->keyless) {
    return signer.kind == SignerKind::kKey && signer.spki_sha256 == pin.compiled->spki_sha256;
  }
  const KeylessPin& keyless = *pin.pin->keyless;
  if (signer.kind != SignerKind::kKeyless || signer.issuer != keyless.issuer) return false;
  if (pin.compiled->expression) {
    if (!re2::RE2::FullMatch(signer.identity, *pin.compiled->expression)) return false;
  } else if (keyless.identity.empty() || (signer.identity != keyless.identity &&
                                          signer.canonical_identity != keyless.identity)) {
    return false;
  }
  const auto fits = [](const std::string& wanted, const std::string& seen) {
    return wanted.empty() || wanted == seen;
  };
  return fits(keyless.source_repository_id, signer.source_repository_id) &&
         fits(keyless.source_repository_owner_id, signer.source_repository_owner_id) &&
         (fits(keyless.build_config_uri, Canonical(signer.build_config_uri)) ||
          fits(keyless.build_config_uri, signer.build_config_uri));
}

struct PolicySet::Compiled {
  std::vector<SigningPolicy> policies;         // ordered by name
  std::vector<std::vector<CompiledPin>> pins;  // of each policy, in its order
};

PolicySet PolicySet::Make(std::vector<SigningPolicy> policies) {
  auto compiled = std::make_shared<Compiled>();
  std::sort(policies.begin(), policies.end(),
            [](const SigningPolicy& a, const SigningPolicy& b) { return a.name < b.name; });
  compiled->policies = std::move(policies);
  for (const SigningPolicy& policy : compiled->policies) {
    auto& pins = compiled->pins.emplace_back();
    for (const Pin& pin : policy.signers) pins.push_back(CompilePin(pin));
  }
  PolicySet set;
  set.compiled_ = std::move(compiled);
  return set;
}

const std::vector<SigningPolicy>& PolicySet::policies() const {
  static const std::vector<SigningPolicy> kNone;
  return compiled_ ? compiled_->policies : kNone;
}

EffectivePolicy PolicySet::For(std::string_view repository, Time now) const {
  EffectivePolicy effective;
  if (!compiled_) return effective;
  now = WholeSeconds(now);
  // For each field the policies of the highest specificity that set it, in order of name.
  struct Field {
    std::optional<Specificity> best;
    std::vector<std::size_t> holders;
    void Offer(const Specificity& found, std::size_t index) {
      if (best && found < *best) return;
      if (!best || found > *best) holders.clear();
      best = found;
      holders.push_back(index);
    }
  };
  Field any;
  Field signers;
  Field enforcement;
  Field on_unknown;
  const auto& policies = compiled_->policies;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const SigningPolicy& policy = policies[i];
    const auto match = MatchOf(policy, repository);
    if (!match) continue;
    any.Offer(*match, i);
    if (!policy.signers.empty()) signers.Offer(*match, i);
    if (policy.enforcement) enforcement.Offer(*match, i);
    if (policy.on_unknown) on_unknown.Offer(*match, i);
    for (const Acceptance& acceptance : policy.accepted_drift) {
      if (acceptance.repository != repository || !Fits(acceptance)) continue;
      if (IsExpired(acceptance, now)) continue;
      const Time expiry = WholeSeconds(acceptance.expiration_time.value_or(Time::max()));
      if (IsTooFar(acceptance, now)) {
        Earlier(effective.next_change, expiry - FixedDurations::kAcceptanceMax);
        continue;
      }
      if (acceptance.expiration_time) Earlier(effective.next_change, expiry);
      effective.acceptances.push_back({policy.name, &acceptance});
    }
  }
  std::stable_sort(effective.acceptances.begin(), effective.acceptances.end(),
                   [](const AcceptanceInForce& a, const AcceptanceInForce& b) {
                     return std::tie(a.policy_name, a.acceptance->fingerprint) <
                            std::tie(b.policy_name, b.acceptance->fingerprint);
                   });

  std::set<std::string> conflicting;
  const auto clash = [&](const std::vector<std::size_t>& holders, const auto& value) {
    const bool differ = std::any_of(holders.begin(), holders.end(), [&](std::size_t i) {
      return value(policies[i]) != value(policies[holders.front()]);
    });
    if (!differ) return;
    for (const std::size_t i : holders) conflicting.insert(policies[i].name);
  };
  clash(signers.holders, [](const SigningPolicy& policy) { return Contents(policy.signers); });
  clash(enforcement.holders, [](const SigningPolicy& policy) { return policy.enforcement; });
  clash(on_unknown.holders, [](const SigningPolicy& policy) { return policy.on_unknown; });
  effective.conflicting.assign(conflicting.begin(), conflicting.end());

  effective.pinned = !signers.holders.empty();
  for (const std::size_t i : signers.holders) {
    auto& group = effective.pins.emplace_back();
    for (std::size_t p = 0; p < policies[i].signers.size(); ++p) {
      group.push_back({policies[i].name, &policies[i].signers[p], &compiled_->pins[i][p]});
    }
  }
  if (!enforcement.holders.empty()) {
    const bool deny =
        std::any_of(enforcement.holders.begin(), enforcement.holders.end(),
                    [&](std::size_t i) { return policies[i].enforcement == Enforcement::kDeny; });
    effective.enforcement = deny ? Enforcement::kDeny : Enforcement::kWarn;
  }
  if (!on_unknown.holders.empty()) {
    const bool deny =
        std::any_of(on_unknown.holders.begin(), on_unknown.holders.end(),
                    [&](std::size_t i) { return policies[i].on_unknown == OnUnknown::kDeny; });
    effective.on_unknown = deny ? OnUnknown::kDeny : OnUnknown::kAdmit;
  }
  const Field& shown = effective.pinned ? signers : any;
  if (!shown.holders.empty()) effective.policy_name = policies[shown.holders.front()].name;
  return effective;
}

PolicySet::Ready PolicySet::Readiness(std::string_view name,
                                      const std::vector<std::string>& repositories,
                                      Time now) const {
  Ready ready;
  if (!compiled_) return ready;
  now = WholeSeconds(now);
  const auto& policies = compiled_->policies;
  const auto found = std::find_if(policies.begin(), policies.end(),
                                  [&](const SigningPolicy& policy) { return policy.name == name; });
  if (found == policies.end()) return ready;
  const auto index = static_cast<std::size_t>(found - policies.begin());

  std::string not_matched;
  std::string too_far;
  for (const Acceptance& acceptance : found->accepted_drift) {
    if (!MatchesAny(found->repositories, acceptance.repository)) {
      if (not_matched.empty()) not_matched = acceptance.repository;
    } else if (IsTooFar(acceptance, now)) {
      if (too_far.empty()) too_far = acceptance.fingerprint;
    } else if (Fits(acceptance) && !IsExpired(acceptance, now)) {
      ready.acceptances_in_force += 1;
      if (acceptance.expiration_time) {
        Earlier(ready.next_expiration_time, WholeSeconds(*acceptance.expiration_time));
      }
    }
  }
  std::string other;
  for (const std::string& repository : repositories) {
    if (!MatchesAny(found->repositories, repository)) continue;
    ready.matched_repositories += 1;
    if (!other.empty()) continue;
    const EffectivePolicy effective = For(repository, now);
    const auto& tied = effective.conflicting;
    if (std::find(tied.begin(), tied.end(), name) == tied.end()) continue;
    other = *std::find_if(tied.begin(), tied.end(),
                          [&](const std::string& candidate) { return candidate != name; });
  }
  const auto& pins = compiled_->pins[index];
  const auto invalid =
      std::find_if(pins.begin(), pins.end(), [](const CompiledPin& pin) { return !pin.valid; });
  if (invalid != pins.end()) {
    ready.reason = kInvalidExpression;
    ready.detail = found->signers[static_cast<std::size_t>(invalid - pins.begin())].name;
  } else if (!other.empty()) {
    ready.reason = kConflict;
    ready.detail = other;
  } else if (!too_far.empty()) {
    ready.reason = kExpirationTooFar;
    ready.detail = too_far;
  } else if (!not_matched.empty()) {
    ready.reason = kRepositoryNotMatched;
    ready.detail = not_matched;
  }
  return ready;
}

}  // namespace plimsoll::baseline
