#include <algorithm>

#include "base/encoding.h"
#include "log_impl.h"
#include "rekor/answers.h"
#include "sigstore/merkle.h"

namespace plimsoll::rekor {
namespace {

Error Refused(const std::string& what, const Error& error) {
  return {kLogAnswerRefused, what + ": " + error.message, true};
}

}  // namespace

Result<LeafState> Log::Impl::LeafAt(const RememberedLeaf& leaf, const Ask& ask) {
  const std::string key = leaf.log_id + " " + std::to_string(leaf.index) + " " + leaf.entry_hash;
  if (!ask.fresh) {
    const std::lock_guard lock(mutex);
    const bool kept = leaves.Find(key, clock.Steady()).has_value();
    cache_reads.With({{"result", kept ? "hit" : "miss"}}).Add();
    if (kept) return LeafState::kSame;
  }
  PLIMSOLL_ASSIGN(const Identity identity, Identify(ask));
  if (identity.name.id != leaf.log_id) return LeafState::kNotCovered;  // another log's
  PLIMSOLL_ASSIGN(const LeafState state,
                  identity.tiles ? LeafByTile(leaf, identity, ask) : LeafByIndex(leaf, ask));
  if (state == LeafState::kSame) {
    const std::lock_guard lock(mutex);
    leaves.Put(key, true, Cache<bool>::kForEver);
  }
  return state;
}

Result<LeafState> Log::Impl::LeafByIndex(const RememberedLeaf& leaf, const Ask& ask) {
  PLIMSOLL_ASSIGN(const Answer answer,
                  transport.GetJson("/api/v1/log/entries?logIndex=" + std::to_string(leaf.index),
                                    ask.deadline));
  if (answer.status == 404) return IsIndexCovered(leaf, ask);
  const auto entries = ReadEntries(answer.body);
  if (!entries) return Forward(Refused("the log's entry", entries.error()));
  if (entries->size() != 1) {
    return Fail(kLogAnswerRefused, "the log answered with " + std::to_string(entries->size()) +
                                       " entries where one was asked for");
  }
  const auto entry = sigstore::VerifyLoggedEntry(entries->front(), ask.verifier->trust_root());
  if (!entry) return Forward(Refused("the log's entry", entry.error()));
  const bool asked_for = entry->log_index >= 0 &&
                         static_cast<std::uint64_t>(entry->log_index) == leaf.index &&
                         entry->log_id == leaf.log_id;
  if (!asked_for || FromTheFuture(entry->integrated_time)) {
    return Fail(kLogAnswerRefused, "the log answered with another entry than was asked for");
  }
  PLIMSOLL_TRY(Believe(entry->checkpoint.checkpoint, entry->signed_checkpoint, ask));
  if (entry->entry_hash == leaf.entry_hash) return LeafState::kSame;
  // It signed a promise of this index for another leaf.
  return LeafState::kOther;
}

// Nothing is at the index. That contradicts the promise only when the log's own signed trees are larger than the
// index, and the shard that held the leaf is among them.
Result<LeafState> Log::Impl::IsIndexCovered(const RememberedLeaf& leaf, const Ask& ask) {
  PLIMSOLL_ASSIGN(const Answer answer, transport.GetJson("/api/v1/log", ask.deadline));
  if (answer.status != 200) return LeafState::kNotCovered;
  const auto info = ReadLogInfo(answer.body);
  if (!info) return Forward(Refused("the log's information", info.error()));
  std::vector<Shard> shards = info->inactive;
  shards.push_back(info->active);
  const std::string shard_of_leaf = TreeIdOf(leaf.origin);
  std::uint64_t first = 0;
  for (const Shard& shard : shards) {
    const auto head =
        sigstore::VerifyCheckpoint(shard.signed_tree_head, ask.verifier->trust_root(), leaf.log_id);
    // A shard of another key, or without a checkpoint that holds, leaves it open where the index lies.
    if (!head) return LeafState::kNotCovered;
    const sigstore::Checkpoint& tree = head->checkpoint;
    if (TreeIdOf(tree.origin) != shard.tree_id) return LeafState::kNotCovered;
    PLIMSOLL_TRY(Believe(tree, shard.signed_tree_head, ask));
    const bool holds = leaf.index >= first && leaf.index - first < tree.tree_size;
    if (holds) {
      const bool same = shard_of_leaf.empty() || shard_of_leaf == shard.tree_id;
      return same ? LeafState::kNone : LeafState::kNotCovered;
    }
    first += tree.tree_size;
  }
  return LeafState::kNotCovered;
}

Result<LeafState> Log::Impl::LeafByTile(const RememberedLeaf& leaf, const Identity& identity,
                                        const Ask& ask) {
  PLIMSOLL_ASSIGN(const Answer answer,
                  transport.GetBytes(identity.prefix + "checkpoint", ask.deadline));
  if (answer.status != 200) return Fail(kLogAnswerRefused, "the log has no checkpoint any more");
  const auto head =
      sigstore::VerifyCheckpoint(answer.body, ask.verifier->trust_root(), leaf.log_id);
  if (!head) return Forward(Refused("the log's checkpoint", head.error()));
  const sigstore::Checkpoint& tree = head->checkpoint;
  PLIMSOLL_TRY(Believe(tree, answer.body, ask));
  if (leaf.index >= tree.tree_size) return LeafState::kNotCovered;
  TileTree tiles = Tiles(identity.prefix, tree.tree_size, ask);
  const auto entry = tiles.Entry(leaf.index);
  if (!entry) return Forward(Refused("the log's entry", entry.error()));
  const auto proof = tiles.InclusionProof(leaf.index);
  if (!proof) return Forward(Refused("the log's tiles", proof.error()));
  const Sha256Digest hash = sigstore::LeafHash(AsBytes(*entry));
  if (!sigstore::VerifyInclusion(leaf.index, tree.tree_size, hash, *proof, tree.root)) {
    return Fail(kLogAnswerRefused, "the log's tiles do not lead to its checkpoint");
  }
  return HexEncode(hash) == leaf.entry_hash ? LeafState::kSame : LeafState::kOther;
}

}  // namespace plimsoll::rekor
