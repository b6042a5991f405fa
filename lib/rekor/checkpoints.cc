#include "checkpoints.h"

namespace plimsoll::rekor {

void Checkpoints::Adopt(const LogStates& stored, const sigstore::TrustRoot& root) {
  const std::lock_guard lock(mutex_);
  for (const LogState& theirs : stored) {
    if (!entries_.contains(theirs.origin) && entries_.size() >= kMaxLogs) continue;
    Entry& ours = entries_[theirs.origin];
    ours.state.origin = theirs.origin;
    const bool trusted_since =
        theirs.trusted_time &&
        (!ours.state.trusted_time || *theirs.trusted_time > *ours.state.trusted_time);
    const bool ended = trusted_since && (!ours.state.disagreed_time ||
                                         *theirs.trusted_time >= *ours.state.disagreed_time);
    if (ended) {
      ours.state.disagreeing.clear();
      ours.state.disagreed_time.reset();
      ours.state.checkpoint.clear();
      ours.last.reset();
      ours.state.trusted_time = theirs.trusted_time;
      ours.state.trusted_reason = theirs.trusted_reason;
    }
    const bool newer_disagreement =
        !theirs.disagreeing.empty() && (!ours.state.trusted_time || !theirs.disagreed_time ||
                                        *theirs.disagreed_time > *ours.state.trusted_time);
    if (newer_disagreement && ours.state.disagreeing.empty()) {
      ours.state.disagreeing = theirs.disagreeing;
      ours.state.disagreed_time = theirs.disagreed_time;
    }
    if (ours.last || theirs.checkpoint.empty()) continue;
    const auto verified = sigstore::VerifyCheckpoint(theirs.checkpoint, root);
    if (!verified || verified->checkpoint.origin != theirs.origin) continue;
    ours.state.checkpoint = theirs.checkpoint;
    ours.last = Known{verified->checkpoint, theirs.checkpoint};
  }
}

std::optional<Checkpoints::Known> Checkpoints::Last(const std::string& origin) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(origin);
  return found == entries_.end() ? std::nullopt : found->second.last;
}

void Checkpoints::Advance(const sigstore::Checkpoint& checkpoint, const std::string& note) {
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(checkpoint.origin) && entries_.size() >= kMaxLogs) return;
  Entry& entry = entries_[checkpoint.origin];
  // Another thread may have been further by now.
  if (entry.last && entry.last->checkpoint.tree_size >= checkpoint.tree_size) return;
  entry.state.origin = checkpoint.origin;
  entry.state.checkpoint = note;
  entry.last = Known{checkpoint, note};
  ++version_;
}

bool Checkpoints::Disagree(const std::string& origin, const std::string& first,
                           const std::string& second, Time now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[origin];
  if (!entry.state.disagreeing.empty()) return false;
  entry.state.origin = origin;
  entry.state.disagreeing = {first, second};
  entry.state.disagreed_time = WholeSeconds(now);
  ++version_;
  return true;
}

std::string Checkpoints::Inconsistent() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [origin, entry] : entries_) {
    if (!entry.state.disagreeing.empty()) return origin;
  }
  return "";
}

LogStates Checkpoints::States() const {
  const std::lock_guard lock(mutex_);
  LogStates states;
  for (const auto& [origin, entry] : entries_) states.push_back(entry.state);
  return states;
}

std::uint64_t Checkpoints::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace plimsoll::rekor
