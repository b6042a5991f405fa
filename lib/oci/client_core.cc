#include "client_core.h"

#include <algorithm>

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxRefusals = 4'096;
constexpr std::size_t kMaxForeign = 20'000;

// 128 bits of a collision-free hash tell digests apart, in half the memory.
std::string Short(const Digest& digest) { return std::string(digest.hex().substr(0, 32)); }

}  // namespace

std::optional<Failure> Refusals::Of(const Credential& credential,
                                    const Repository& repository) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({credential.id(), repository.Key()});
  if (found == entries_.end() || found->second.until <= clock_.Steady()) return std::nullopt;
  return found->second.failure;
}

void Refusals::Remember(const Credential& credential, const Repository& repository,
                        const Failure& failure) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.Steady();
  if (entries_.size() >= kMaxRefusals) {
    std::erase_if(entries_, [&](const auto& item) { return item.second.until <= now; });
    if (entries_.size() >= kMaxRefusals) entries_.clear();
  }
  entries_[{credential.id(), repository.Key()}] = {failure, now + keep_for_};
}

bool ForeignManifests::Contains(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  return digests_.contains(Short(digest));
}

void ForeignManifests::Add(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  if (digests_.size() >= kMaxForeign) digests_.clear();
  digests_.insert(Short(digest));
}

ClientCore::ClientCore(RegistryOptions given, http::Client& http, http::HostBudget& budget,
                       CredentialSource& source, const Clock& clock, Logger& logger,
                       Metrics& metrics)
    : options(std::move(given)),
      endpoints(options.registries),
      transport(http, budget, clock, metrics, options.limits.request_timeout,
                options.max_budget_wait),
      tokens(transport, options.limits.max_token_bytes, options.negative_cache_for),
      challenges(clock),
      refusals(clock, options.negative_cache_for),
      credentials(source),
      log(logger) {
  for (const auto& entry : endpoints.settings()) {
    if (entry.requests_per_second > 0) {
      budget.SetRate(endpoints.Of(entry.host).host_port, entry.requests_per_second);
    }
  }
}

CallContext ClientCore::Call(const Access& access, RequestCounts& counts) const {
  return {.deadline = transport.clock().Steady() + access.time_budget,
          .priority = access.priority,
          .fresh = access.fresh,
          .counts = &counts};
}

Candidates ClientCore::CandidatesFor(const Repository& repository, const Access& access, bool own) {
  Candidates candidates;
  candidates.credentials.emplace_back();
  if (access.anonymous_only) return candidates;
  auto offer = credentials.For(repository);
  candidates.problems = std::move(offer.problems);
  const auto add = [&](Credential credential) {
    const bool known =
        std::any_of(candidates.credentials.begin(), candidates.credentials.end(),
                    [&](const Credential& other) { return other.id() == credential.id(); });
    if (!known) candidates.credentials.push_back(std::move(credential));
  };
  for (auto& credential : offer.credentials) add(std::move(credential));
  if (own) {
    for (const auto& secret : access.pull_secrets) {
      for (auto& credential : secret.For(repository)) add(std::move(credential));
    }
  }
  return candidates;
}

Session ClientCore::Open(const Repository& repository, const Credential& credential,
                         const CallContext& call) {
  return Session(transport, tokens, challenges, endpoints.Of(repository.host), repository,
                 credential, call);
}

bool ClientCore::AnotherMayHelp(const Failure& failure) {
  return failure.error.code == kAuthenticationFailed || failure.error.code == kRealmNotTrusted ||
         failure.error.code == kDigestNotInRepository;
}

}  // namespace plimsoll::oci
