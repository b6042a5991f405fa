// What a Log holds, for the files that implement it: log.cc (the log itself), log_search.cc (its index and
// entries), log_leaf.cc (one leaf).
#pragma once

#include <mutex>
#include <set>

#include "cache.h"
#include "checkpoints.h"
#include "consistency.h"
#include "rekor/log.h"
#include "sigstore/logged_entry.h"
#include "tiles.h"
#include "transport.h"

namespace plimsoll::rekor {

// Which log is behind the URL.
struct Identity {
  LogName name;
  bool tiles = false;  // Rekor v2
  std::string prefix;  // of its tiles and checkpoint
};

// Hits of one term.
struct Hits {
  std::vector<std::string> uuids;  // at most kMaxFetched
  bool complete = true;
};

struct Log::Impl {
  Impl(http::Client& http, http::HostBudget& budget, const LogOptions& options_in,
       const Clock& clock_in, Logger& log_in, Metrics& metrics);

  // log.cc
  Result<Identity> Identify(const Ask& ask);
  Result<Identity> IdentifyTiles(const Ask& ask);
  Status Believe(const sigstore::Checkpoint& checkpoint, const std::string& note, const Ask& ask);
  Status Refuse() const;  // kLogInconsistent, when it is
  template <class T>
  Result<T> Note(Result<T> result) {
    NoteHealth(result ? nullptr : &result.error());
    return result;
  }
  void NoteHealth(const Error* error);
  Result<std::vector<Sha256Digest>> ConsistencyProof(const sigstore::Checkpoint& smaller,
                                                     const sigstore::Checkpoint& larger,
                                                     const Ask& ask);
  Agreement CompareByTiles(const sigstore::Checkpoint& smaller, const sigstore::Checkpoint& larger,
                           const Ask& ask);
  TileTree Tiles(const std::string& prefix, std::uint64_t size, const Ask& ask);
  bool FromTheFuture(Time integrated) const { return integrated > clock.Now() + kClockSkew; }

  // log_search.cc
  Result<SearchResult> Search(const SearchPlan& plan, const sigstore::Expected& expected,
                              const Enough& enough, const Ask& ask);
  Result<Hits> LookUp(const std::string& term, const Ask& ask);
  Status Fetch(const std::vector<std::string>& uuids, const SearchPlan& plan,
               const sigstore::Expected& expected, const Enough& enough, const Ask& ask,
               SearchResult& out, bool* done);
  Status Examine(const std::string& entry, const std::set<std::string>& wanted,
                 const SearchPlan& plan, const sigstore::Expected& expected, const Ask& ask,
                 SearchResult& out);

  // log_leaf.cc
  Result<LeafState> LeafAt(const RememberedLeaf& leaf, const Ask& ask);
  Result<LeafState> LeafByIndex(const RememberedLeaf& leaf, const Ask& ask);
  Result<LeafState> LeafByTile(const RememberedLeaf& leaf, const Identity& identity,
                               const Ask& ask);
  Result<LeafState> IsIndexCovered(const RememberedLeaf& leaf, const Ask& ask);

  // Constant after construction.
  const LogOptions options;
  const Clock& clock;
  Logger& log;
  CounterFamily& cache_reads;
  Gauge& inconsistent;
  Gauge& reachable;

  Transport transport;
  Checkpoints checkpoints;

  mutable std::mutex mutex;
  // Guarded by mutex.
  Cache<Identity> identities;
  Cache<Hits> hits;
  Cache<std::shared_ptr<const sigstore::Verification>> proofs;
  Cache<bool> leaves;
  Health health = Health::kUnasked;
};

}  // namespace plimsoll::rekor
