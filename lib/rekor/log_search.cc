#include <algorithm>

#include "json/writer.h"
#include "log_impl.h"
#include "rekor/answers.h"

namespace plimsoll::rekor {
namespace {

constexpr std::size_t kEntriesARequest = 10;
constexpr std::size_t kUuidDigits = 64;

std::string SearchBody(const std::string& term) { return R"({"hash":"sha256:)" + term + R"("})"; }

std::string RetrieveBody(const std::vector<std::string>& uuids) {
  json::Writer writer;
  writer.BeginObject();
  writer.Key("entryUUIDs");
  writer.BeginArray();
  for (const std::string& uuid : uuids) writer.String(uuid);
  writer.EndArray();
  writer.EndObject();
  return std::move(writer).Take();
}

// The leaf hash that an entry's ID ends with.
std::string LeafOf(const std::string& uuid) { return uuid.substr(uuid.size() - kUuidDigits); }

Error Refused(const std::string& what, const Error& error) {
  return {kLogAnswerRefused, what + ": " + error.message, true};
}

}  // namespace

Result<Hits> Log::Impl::LookUp(const std::string& term, const Ask& ask) {
  {
    const std::lock_guard lock(mutex);
    auto kept = hits.Find(term, clock.Steady());
    // A miss proves nothing, so that of a few minutes ago is as good as another.
    const bool usable = kept && (!ask.fresh || kept->uuids.empty());
    cache_reads.With({{"result", usable ? "hit" : "miss"}}).Add();
    if (usable) return *kept;
  }
  PLIMSOLL_ASSIGN(const Answer answer,
                  transport.PostJson("/api/v1/index/retrieve", SearchBody(term), ask.deadline));
  if (answer.status != 200) return Fail(kNoSearch, "the log has no search");
  auto uuids = ReadUuids(answer.body);
  if (!uuids) return Forward(Refused("the log's index", uuids.error()));
  Hits found;
  found.complete = uuids->size() <= kMaxFetched;
  if (!found.complete) uuids->resize(kMaxFetched);
  found.uuids = std::move(*uuids);
  const Duration keep =
      found.uuids.empty() ? std::min<Duration>(options.cache_ttl, kKeepMisses) : options.cache_ttl;
  const std::lock_guard lock(mutex);
  hits.Put(term, found, clock.Steady() + keep);
  return found;
}

// One entry of an answer. Of what does not verify nothing is taken; an Error ends the whole question.
Status Log::Impl::Examine(const std::string& entry, const std::set<std::string>& wanted,
                          const SearchPlan& plan, const sigstore::Expected& expected,
                          const Ask& ask, SearchResult& out) {
  const auto logged = sigstore::VerifyLoggedEntry(entry, ask.verifier->trust_root());
  if (!logged || !wanted.contains(logged->entry_hash) || FromTheFuture(logged->integrated_time)) {
    out.complete = false;
    return {};
  }
  PLIMSOLL_TRY(Believe(logged->checkpoint.checkpoint, logged->signed_checkpoint, ask));
  auto verification = std::make_shared<const sigstore::Verification>(
      ask.verifier->VerifyLogEntry(entry, plan.payloads, expected));
  if (!verification->verified()) return {};
  out.proven.push_back(*verification);
  const std::string key = logged->entry_hash + " " + expected.digests.front() + " " +
                          ask.verifier->trust_root().generation();
  const std::lock_guard lock(mutex);
  proofs.Put(key, std::move(verification), Cache<bool>::kForEver);
  return {};
}

Status Log::Impl::Fetch(const std::vector<std::string>& uuids, const SearchPlan& plan,
                        const sigstore::Expected& expected, const Enough& enough, const Ask& ask,
                        SearchResult& out, bool* done) {
  std::vector<std::string> missing;
  for (const std::string& uuid : uuids) {
    const std::string key = LeafOf(uuid) + " " + expected.digests.front() + " " +
                            ask.verifier->trust_root().generation();
    std::shared_ptr<const sigstore::Verification> kept;
    if (!ask.fresh) {
      const std::lock_guard lock(mutex);
      kept = proofs.Find(key, clock.Steady()).value_or(nullptr);
    }
    if (!kept) {
      missing.push_back(uuid);
      continue;
    }
    out.proven.push_back(*kept);
    if (enough(*kept)) *done = true;
  }
  for (std::size_t at = 0; at < missing.size() && !*done; at += kEntriesARequest) {
    const auto begin = missing.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = missing.begin() +
                     static_cast<std::ptrdiff_t>(std::min(at + kEntriesARequest, missing.size()));
    const std::vector<std::string> some(begin, end);
    std::set<std::string> wanted;
    for (const std::string& uuid : some) wanted.insert(LeafOf(uuid));
    PLIMSOLL_ASSIGN(const Answer answer, transport.PostJson("/api/v1/log/entries/retrieve",
                                                            RetrieveBody(some), ask.deadline));
    if (answer.status != 200) {
      out.complete = false;
      continue;
    }
    const auto entries = ReadEntries(answer.body);
    if (!entries) return Forward(Refused("the log's entries", entries.error()));
    for (const std::string& entry : *entries) {
      const std::size_t before = out.proven.size();
      PLIMSOLL_TRY(Examine(entry, wanted, plan, expected, ask, out));
      if (out.proven.size() > before && enough(out.proven.back())) *done = true;
    }
  }
  return {};
}

Result<SearchResult> Log::Impl::Search(const SearchPlan& plan, const sigstore::Expected& expected,
                                       const Enough& enough, const Ask& ask) {
  SearchResult out;
  if (plan.terms.empty() || expected.digests.empty()) return out;
  PLIMSOLL_ASSIGN(const Identity identity, Identify(ask));
  if (identity.tiles) return Fail(kNoSearch, "Rekor v2 has no search");
  std::set<std::string> seen;
  bool done = false;
  for (const std::string& term : plan.terms) {
    const Status looked = [&]() -> Status {
      PLIMSOLL_ASSIGN(const Hits found, LookUp(term, ask));
      out.complete = out.complete && found.complete;
      std::vector<std::string> fresh;
      for (const std::string& uuid : found.uuids) {
        if (seen.insert(LeafOf(uuid)).second) fresh.push_back(uuid);
      }
      return Fetch(fresh, plan, expected, enough, ask, out, &done);
    }();
    if (!looked) {
      const bool nothing_counts = looked.error().code == kLogInconsistent;
      if (nothing_counts || out.proven.empty()) return Forward(looked.error());
      out.complete = false;
      return out;
    }
    if (done) return out;
  }
  return out;
}

}  // namespace plimsoll::rekor
