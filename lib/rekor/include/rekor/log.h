// One transparency log, asked over HTTP: Rekor v1, or Rekor v2 by its tiles.
//
// Guarantees
//  1. What it returns as proven was fetched from the log and verified completely: the log's promise and inclusion
//     under a key of the trust root, the certificate, its chain and SCT, and the signature over one of the payloads
//     that were asked for. The index is a hint only: hits that are something else are ignored, misses prove nothing.
//  2. Each checkpoint that it meets is compared with the last one of that tree. When two that the log signed are
//     proven not to agree, everything is refused with kLogInconsistent until a person trusts the log again. A bad
//     proof alone proves nothing of the log: the answer is refused, and nothing is said.
//  3. Bounds: the time and the bytes of each answer, `Ask::deadline` for a whole question, kMaxFetched entries a term,
//     the host's budget (http/budget.h), the caches.
//  4. Kept: what the index answered for `cache_ttl` (an empty answer for at most kKeepMisses: it is no answer about
//     the log), what was proven for ever.
//  5. What leaves: SHA-256 digests of payloads and images, entry UUIDs, log indices, tree IDs and sizes. Nothing else.
//
// Errors: those of reason.h. Thread-safe. Blocks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "rekor/log_state.h"
#include "rekor/reason.h"
#include "rekor/search_plan.h"
#include "sigstore/verifier.h"

namespace plimsoll::http {
class Client;
class HostBudget;
}  // namespace plimsoll::http

namespace plimsoll::rekor {

struct LogOptions {
  std::string url;  // "https://rekor.sigstore.dev"
  std::chrono::milliseconds timeout{5'000};
  std::size_t max_response_bytes = 1u << 20;
  Duration cache_ttl = std::chrono::hours(1);
  std::size_t cache_entries = 10'000;
};

// What holds for one question.
struct Ask {
  std::shared_ptr<const sigstore::Verifier> verifier;  // never null
  std::chrono::steady_clock::time_point deadline;
  // No proof comes from what was kept: what a divergence rests on is fetched and verified now.
  bool fresh = false;
};

// Of the last look; for conditions and metrics.
enum class Health { kUnasked, kAnswering, kUnreachable, kInconsistent };

struct LogName {
  std::string id;      // lower-case hex: the key that signed its checkpoint
  std::string origin;  // of that checkpoint
};

// A leaf whose proof was verified once: what is remembered of it.
struct RememberedLeaf {
  std::string log_id;
  std::string origin;  // of the checkpoint that proved it, or the log's name
  std::uint64_t index = 0;
  std::string entry_hash;
};

enum class LeafState {
  kSame,  // proven again
  kOther,  // contradicted: the log signed a promise of another leaf at this index, and a tree that holds it
  kNone,  // contradicted: the log's signed trees are larger than the index, and it has nothing there
  kNotCovered,  // the trees that the log shows do not reach the index, or lack the shard: no statement
};

struct SearchResult {
  std::vector<sigstore::Verification> proven;
  // Every hit was fetched and looked at. False: more hits than are fetched, or an answer was missing.
  bool complete = true;
};
using Enough = std::function<bool(const sigstore::Verification&)>;

class Log {
 public:
  static constexpr std::size_t kMaxFetched = 40;
  static constexpr Duration kKeepMisses = std::chrono::minutes(5);
  static constexpr Duration kClockSkew = std::chrono::minutes(5);

  // All references must outlive the log.
  Log(http::Client& http, http::HostBudget& budget, LogOptions options, const Clock& clock,
      Logger& log, Metrics& metrics);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Which log is behind the URL.
  Result<LogName> Identify(const Ask& ask);

  // Looks the plan's terms up, one after the other, until `enough` says so of something proven. What was proven
  // counts also when a later term had no answer. kNoSearch: Rekor v2.
  Result<SearchResult> Search(const SearchPlan& plan, const sigstore::Expected& expected,
                              const Enough& enough, const Ask& ask);

  // Whether the log still holds exactly this leaf.
  Result<LeafState> LeafAt(const RememberedLeaf& leaf, const Ask& ask);

  Health health() const;

  // The states of logs, to be kept; `version` grows when they change.
  LogStates States() const;
  std::uint64_t version() const;
  void Adopt(const LogStates& stored, const sigstore::TrustRoot& root);

  // Ends every question that waits for the budget, now and from now on.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::rekor
