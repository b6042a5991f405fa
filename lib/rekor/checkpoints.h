// The states of the logs while a program runs. Thread-safe.
//
// Only what verifies under the trust root is adopted as a last checkpoint. A disagreement is adopted as it is:
// it takes belief away and gives none.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "rekor/log_state.h"
#include "sigstore/checkpoint.h"
#include "sigstore/trust_root.h"

namespace plimsoll::rekor {

class Checkpoints {
 public:
  // What was stored, at start and whenever it changed. A person's `log trust` that is younger than a disagreement
  // of ours ends it.
  void Adopt(const LogStates& stored, const sigstore::TrustRoot& root);

  struct Known {
    sigstore::Checkpoint checkpoint;
    std::string note;
  };
  std::optional<Known> Last(const std::string& origin) const;
  void Advance(const sigstore::Checkpoint& checkpoint, const std::string& note);
  // False when it was known already.
  bool Disagree(const std::string& origin, const std::string& first, const std::string& second,
                Time now);
  // Empty: none disagrees. Otherwise the origin of one that does.
  std::string Inconsistent() const;

  LogStates States() const;
  // Grows with every change.
  std::uint64_t version() const;

 private:
  struct Entry {
    LogState state;
    std::optional<Known> last;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
  std::uint64_t version_ = 0;             // guarded by mutex_
};

}  // namespace plimsoll::rekor
