#include "rekor/log.h"

#include "base/printable.h"
#include "consistency.h"
#include "log_impl.h"
#include "rekor/answers.h"
#include "sigstore/reasons.h"

namespace plimsoll::rekor {
namespace {

constexpr std::size_t kIdentities = 8;

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

LogOptions Normalised(LogOptions options) {
  options.url = WithoutSlash(std::move(options.url));
  return options;
}

Error Refused(const std::string& what, const Error& error) {
  return {kLogAnswerRefused, what + ": " + error.message, true};
}

}  // namespace

Log::Impl::Impl(http::Client& http, http::HostBudget& budget, const LogOptions& options_in,
                const Clock& clock_in, Logger& log_in, Metrics& metrics)
    : options(Normalised(options_in)),
      clock(clock_in),
      log(log_in),
      cache_reads(metrics.Counters("plimsoll_log_cache_reads_total",
                                   "Questions to the transparency log, by whether what was kept "
                                   "answered them.")),
      inconsistent(metrics
                       .Gauges("plimsoll_log_inconsistent",
                               "1 while the transparency log has shown two checkpoints that do not "
                               "agree and nobody has trusted it again.")
                       .With({})),
      reachable(metrics
                    .Gauges("plimsoll_log_reachable",
                            "1 when the last question to the transparency log was answered.")
                    .With({})),
      transport(http, budget, {options.url, options.timeout, options.max_response_bytes}, clock_in,
                metrics),
      identities(kIdentities),
      hits(options.cache_entries),
      proofs(options.cache_entries),
      leaves(options.cache_entries) {
  inconsistent.Set(0);
  reachable.Set(1);
}

Log::Log(http::Client& http, http::HostBudget& budget, LogOptions options, const Clock& clock,
         Logger& log, Metrics& metrics)
    : impl_(std::make_unique<Impl>(http, budget, options, clock, log, metrics)) {}
Log::~Log() = default;

// ---- which log it is

Result<Identity> Log::Impl::Identify(const Ask& ask) {
  const std::string key = ask.verifier->trust_root().generation();
  {
    const std::lock_guard lock(mutex);
    if (auto kept = identities.Find(key, clock.Steady())) return *kept;
  }
  PLIMSOLL_ASSIGN(const Answer answer, transport.GetJson("/api/v1/log", ask.deadline));
  Identity identity;
  if (answer.status == 404) {
    PLIMSOLL_ASSIGN(identity, IdentifyTiles(ask));
  } else {
    const auto info = ReadLogInfo(answer.body);
    if (!info) return Forward(Refused("the log's information", info.error()));
    const std::string& note = info->active.signed_tree_head;
    const auto head = sigstore::VerifyCheckpoint(note, ask.verifier->trust_root());
    if (!head) return Forward(Refused("the log's checkpoint", head.error()));
    PLIMSOLL_TRY(Believe(head->checkpoint, note, ask));
    identity.name = {head->log_id, head->checkpoint.origin};
  }
  const std::lock_guard lock(mutex);
  identities.Put(key, identity, clock.Steady() + options.cache_ttl);
  return identity;
}

Result<Identity> Log::Impl::IdentifyTiles(const Ask& ask) {
  for (const char* prefix : {"/api/v2/", "/"}) {
    PLIMSOLL_ASSIGN(const Answer answer,
                    transport.GetBytes(std::string(prefix) + "checkpoint", ask.deadline));
    if (answer.status == 404) continue;
    const auto head = sigstore::VerifyCheckpoint(answer.body, ask.verifier->trust_root());
    if (!head) return Forward(Refused("the log's checkpoint", head.error()));
    PLIMSOLL_TRY(Believe(head->checkpoint, answer.body, ask));
    return Identity{{head->log_id, head->checkpoint.origin}, true, prefix};
  }
  return Fail(kLogAnswerRefused, options.url +
                                     " is no transparency log: expected Rekor v1 (/api/v1/log) or "
                                     "v2 (/api/v2/checkpoint)");
}

Result<LogName> Log::Identify(const Ask& ask) {
  PLIMSOLL_TRY(impl_->Refuse());
  PLIMSOLL_ASSIGN(Identity identity, impl_->Note(impl_->Identify(ask)));
  return std::move(identity.name);
}

// ---- whether it is believed

Status Log::Impl::Refuse() const {
  const std::string origin = checkpoints.Inconsistent();
  if (origin.empty()) return {};
  return Fail(kLogInconsistent, "the log \"" + Printable(origin) +
                                    "\" has shown two checkpoints that do not agree; nothing of it "
                                    "is believed until somebody runs: plimsoll log trust");
}

Result<std::vector<Sha256Digest>> Log::Impl::ConsistencyProof(const sigstore::Checkpoint& smaller,
                                                              const sigstore::Checkpoint& larger,
                                                              const Ask& ask) {
  const std::string tree = TreeIdOf(larger.origin);
  const std::string path = "/api/v1/log/proof?firstSize=" + std::to_string(smaller.tree_size) +
                           "&lastSize=" + std::to_string(larger.tree_size) +
                           (tree.empty() ? "" : "&treeID=" + tree);
  PLIMSOLL_ASSIGN(const Answer answer, transport.GetJson(path, ask.deadline));
  if (answer.status != 200) return Fail(kLogAnswerRefused, "the log has no consistency proof");
  auto proof = ReadConsistencyProof(answer.body);
  if (!proof) return Forward(Refused("the log's consistency proof", proof.error()));
  return proof;
}

// Compares a checkpoint that the log signed with the last one of its tree. An Error: nothing that rests on it
// counts now.
Status Log::Impl::Believe(const sigstore::Checkpoint& checkpoint, const std::string& note,
                          const Ask& ask) {
  const auto last = checkpoints.Last(checkpoint.origin);
  if (!last) {
    checkpoints.Advance(checkpoint, note);
    return {};
  }
  const bool grown = checkpoint.tree_size >= last->checkpoint.tree_size;
  const sigstore::Checkpoint& smaller = grown ? last->checkpoint : checkpoint;
  const sigstore::Checkpoint& larger = grown ? checkpoint : last->checkpoint;
  Agreement agreement = Agreement::kUnproven;
  const bool same_size = smaller.tree_size == larger.tree_size;
  if (same_size || smaller.tree_size == 0) {
    agreement = Compare(smaller, larger, {});
  } else if (TreeIdOf(larger.origin).empty()) {
    agreement = CompareByTiles(smaller, larger, ask);
  } else {
    PLIMSOLL_ASSIGN(const auto proof, ConsistencyProof(smaller, larger, ask));
    agreement = Compare(smaller, larger, proof);
  }
  switch (agreement) {
    case Agreement::kAgree:
      checkpoints.Advance(checkpoint, note);
      return {};
    case Agreement::kUnproven:
      return Fail(kLogAnswerRefused,
                  "the log showed a checkpoint and no proof that it agrees with the last one");
    case Agreement::kDisagree:
      break;
  }
  if (checkpoints.Disagree(checkpoint.origin, last->note, note, clock.Now())) {
    log.Err(
        "LogInconsistent: the transparency log has shown two checkpoints that do not agree; "
        "nothing of it is believed any more",
        {{"origin", Printable(checkpoint.origin)},
         {"size", std::to_string(last->checkpoint.tree_size)},
         {"otherSize", std::to_string(checkpoint.tree_size)}});
  }
  return Refuse();
}

// Of a tile log the roots of both sizes are made from the tiles of the larger one.
Agreement Log::Impl::CompareByTiles(const sigstore::Checkpoint& smaller,
                                    const sigstore::Checkpoint& larger, const Ask& ask) {
  std::string prefix = "/api/v2/";
  {
    const std::lock_guard lock(mutex);
    const auto kept = identities.Find(ask.verifier->trust_root().generation(), clock.Steady());
    if (kept) prefix = kept->prefix;
  }
  TileTree tree = Tiles(prefix, larger.tree_size, ask);
  const auto whole = tree.RangeHash(0, larger.tree_size);
  const auto part = tree.RangeHash(0, smaller.tree_size);
  if (!whole || !part || *whole != larger.root) return Agreement::kUnproven;
  return *part == smaller.root ? Agreement::kAgree : Agreement::kDisagree;
}

TileTree Log::Impl::Tiles(const std::string& prefix, std::uint64_t size, const Ask& ask) {
  return TileTree(size, [this, prefix, &ask](const std::string& path) -> Result<std::string> {
    PLIMSOLL_ASSIGN(Answer answer, transport.GetBytes(prefix + path, ask.deadline));
    if (answer.status == 404) return Fail(kNotFound, "the log has no " + path);
    return std::move(answer.body);
  });
}

void Log::Impl::NoteHealth(const Error* error) {
  Health now = Health::kAnswering;
  if (!checkpoints.Inconsistent().empty()) {
    now = Health::kInconsistent;
  } else if (error != nullptr && !(error->code == kNoSearch)) {
    now = Health::kUnreachable;
  }
  inconsistent.Set(now == Health::kInconsistent ? 1 : 0);
  reachable.Set(now == Health::kUnreachable ? 0 : 1);
  const std::lock_guard lock(mutex);
  if (now == Health::kUnreachable && health != now) {
    log.Warn("the transparency log does not answer; what it proved before stands",
             {{"reason", error->code}, {"message", error->message}});
  }
  if (now == Health::kAnswering && health == Health::kUnreachable) {
    log.Info("the transparency log answers again");
  }
  health = now;
}

// ---- questions

Result<SearchResult> Log::Search(const SearchPlan& plan, const sigstore::Expected& expected,
                                 const Enough& enough, const Ask& ask) {
  PLIMSOLL_TRY(impl_->Refuse());
  return impl_->Note(impl_->Search(plan, expected, enough, ask));
}

Result<LeafState> Log::LeafAt(const RememberedLeaf& leaf, const Ask& ask) {
  PLIMSOLL_TRY(impl_->Refuse());
  return impl_->Note(impl_->LeafAt(leaf, ask));
}

Health Log::health() const {
  if (!impl_->checkpoints.Inconsistent().empty()) return Health::kInconsistent;
  const std::lock_guard lock(impl_->mutex);
  return impl_->health;
}

LogStates Log::States() const { return impl_->checkpoints.States(); }
std::uint64_t Log::version() const { return impl_->checkpoints.version(); }

void Log::Adopt(const LogStates& stored, const sigstore::TrustRoot& root) {
  impl_->checkpoints.Adopt(stored, root);
  impl_->inconsistent.Set(impl_->checkpoints.Inconsistent().empty() ? 0 : 1);
}

void Log::Stop() { impl_->transport.Stop(); }

}  // namespace plimsoll::rekor
