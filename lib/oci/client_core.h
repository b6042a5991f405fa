// What every call of the registry client shares: endpoints, credentials to try, tokens, refusals.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "endpoint.h"
#include "oci/credentials.h"
#include "oci/registry.h"
#include "session.h"
#include "token_source.h"
#include "transport.h"

namespace plimsoll::oci {

// Refusals by credential and repository: one credential's failure is never another's answer. Bounded; thread-safe.
class Refusals {
 public:
  Refusals(const Clock& clock, std::chrono::milliseconds keep_for)
      : clock_(clock), keep_for_(keep_for) {}
  std::optional<Failure> Of(const Credential& credential, const Repository& repository) const;
  void Remember(const Credential& credential, const Repository& repository, const Failure& failure);

 private:
  struct Entry {
    Failure failure;
    std::chrono::steady_clock::time_point until;
  };
  using Key = std::pair<std::uint64_t, std::string>;
  const Clock& clock_;
  std::chrono::milliseconds keep_for_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;  // guarded by mutex_
};

// Digests of listed manifests that were looked at and carry nothing that is read here. What has this digest never will,
// in whatever repository: it is not fetched again, so that a thousand of them do not use up every observation's time.
// Bounded; thread-safe.
class ForeignManifests {
 public:
  bool Contains(const Digest& digest) const;
  void Add(const Digest& digest);

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::string> digests_;  // guarded by mutex_; the first half of each
};

struct Candidates {
  std::vector<Credential> credentials;  // the anonymous one first
  std::vector<Error> problems;
};

struct ClientCore {
  ClientCore(RegistryOptions given, http::Client& http, http::HostBudget& budget,
             CredentialSource& source, const Clock& clock, Logger& logger, Metrics& metrics);

  RegistryOptions options;
  Endpoints endpoints;
  Transport transport;
  TokenSource tokens;
  ChallengeMemory challenges;
  Refusals refusals;
  ForeignManifests foreign;
  CredentialSource& credentials;
  Logger& log;

  CallContext Call(const Access& access, RequestCounts& counts) const;
  // `own`: the image's own repository, the only one for which pull secrets are used.
  Candidates CandidatesFor(const Repository& repository, const Access& access, bool own);
  Session Open(const Repository& repository, const Credential& credential, const CallContext& call);

  // The first credential with which `attempt` succeeds. When none does: one with which the registry said that it has
  // no such thing, else the failure that says most. `attempt` returns what went wrong, or nothing.
  struct Choice {
    std::optional<Session> session;
    std::optional<Failure> failure;  // with a session: kDigestNotInRepository
  };
  template <class Attempt>
  Choice Choose(const Repository& repository, const Access& access, bool own,
                const CallContext& call, Attempt attempt);

 private:
  static bool AnotherMayHelp(const Failure& failure);
};

template <class Attempt>
ClientCore::Choice ClientCore::Choose(const Repository& repository, const Access& access, bool own,
                                      const CallContext& call, Attempt attempt) {
  Choice choice;
  // The last refusal says most, unless one says what to configure.
  const auto keep = [&](Failure failure) {
    const bool better = choice.failure && choice.failure->error.code == kRealmNotTrusted;
    if (!choice.session && !better) choice.failure = std::move(failure);
  };
  for (const auto& credential : CandidatesFor(repository, access, own).credentials) {
    auto refused = call.fresh ? std::nullopt : refusals.Of(credential, repository);
    if (refused) {
      keep(std::move(*refused));
      continue;
    }
    auto session = Open(repository, credential, call);
    std::optional<Failure> failure = attempt(session);
    if (!failure) return {std::move(session), std::nullopt};
    if (!AnotherMayHelp(*failure)) return {std::nullopt, std::move(failure)};
    if (failure->error.code != kDigestNotInRepository) {
      refusals.Remember(credential, repository, *failure);
      keep(std::move(*failure));
    } else if (!choice.session) {
      choice.session.emplace(std::move(session));
      choice.failure = std::move(failure);
    }
  }
  return choice;
}

}  // namespace plimsoll::oci
