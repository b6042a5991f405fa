#include "observation/log_lane.h"

#include <algorithm>
#include <set>

#include "baseline/continuity.h"
#include "judge.h"

namespace plimsoll::observation {
namespace {

using baseline::LogTrouble;
using baseline::Posture;
using LaneState = baseline::LogLane::Answer;

// A signer that counts: trusted, or on first sight about to be.
struct Trusted {
  std::string id;
  baseline::Signer signer;
  std::optional<Time> earliest;
};

// "rekor.example - 42" and "rekor.example" are one log's.
std::string_view HostOf(std::string_view origin) { return origin.substr(0, origin.find(" - ")); }

LogTrouble TroubleOf(const Error& error) {
  return error.code == rekor::kLogInconsistent ? LogTrouble::kInconsistent
                                               : LogTrouble::kUnreachable;
}

class Inquiry {
 public:
  Inquiry(rekor::Log& log, const oci::RepositoryRules& rules, AnnotationMemory& annotations,
          const LogQuestion& question)
      : log_(log), annotations_(annotations), question_(question) {
    ask_ = {question.verifier, question.deadline, false};
    if (const auto repository = oci::Repository::FromKey(question.repository)) {
      aliases_ = rules.AliasesOf(*repository);
    }
  }

  // Whether this log is asked about this repository at all. An Error: it could not be found out.
  Result<bool> Concerns(const baseline::Observation& seen) {
    CollectTrusted(seen);
    std::set<std::string> logs;
    std::set<std::string, std::less<>> hosts;
    CollectLogs(seen, logs, hosts);
    LearnAnnotations(seen);
    for (const baseline::Observation& child : seen.children) LearnAnnotations(child);
    const bool pinned =
        question_.record != nullptr && question_.record->strength == baseline::Strength::kPinned;
    if (trusted_.empty() && !pinned) return false;
    if (logs.empty() && hosts.empty() && !pinned) return false;
    PLIMSOLL_ASSIGN(const rekor::LogName name, log_.Identify(ask_));
    log_id_ = name.id;
    return pinned || logs.contains(name.id) || hosts.contains(HostOf(name.origin));
  }

  void AskAbout(baseline::Observation& part, bool search) {
    baseline::LogLane& lane = part.log;
    const std::size_t failed_before = failures_;
    complete_ = true;
    const bool continuous = ProveServed(part);
    const bool known = !continuous && ProveRemembered(part);
    if (!continuous && !known && search) SearchFor(part);
    const bool missing = failures_ > failed_before || !complete_;
    lane.answer = lane.proven.empty() && !lane.contradicted && missing ? LaneState::kUnanswered
                                                                       : LaneState::kAnswered;
    if (trouble_ == LogTrouble::kInconsistent) lane = {LaneState::kUnanswered, {}, false};
  }

  // Verified signatures of trusted signers over a digest; false: no complete answer.
  bool LookUp(const std::string& digest, std::vector<HistoricSignature>& out) {
    const auto found = Search(digest);
    if (!found) {
      Failed(found.error());
      return false;
    }
    for (const sigstore::Verification& proven : found->proven) {
      const baseline::ObservedSigner signer = ObservedSignerOf(proven);
      if (!Continues(signer) || !IsForHere(signer.docker_reference, true)) continue;
      out.push_back({signer.signer, digest, signer.verified_time, signer.log->integrated_time,
                     signer.log->origin});
    }
    return found->complete || !found->proven.empty();
  }

  LogTrouble trouble() const { return trouble_; }
  void Failed(const Error& error) {
    // Without a search what is remembered can still be proven.
    if (error.code == rekor::kNoSearch) return;
    ++failures_;
    if (trouble_ != LogTrouble::kInconsistent) trouble_ = TroubleOf(error);
  }

 private:
  void CollectTrusted(const baseline::Observation& seen) {
    if (question_.record != nullptr) {
      for (const baseline::SignerRecord& record : question_.record->signers) {
        if (record.in_force)
          trusted_.push_back({record.id, record.signer, record.earliest_verified_time});
      }
      if (question_.record->learning_time || !trusted_.empty()) return;
    }
    for (const baseline::ObservedSigner& signer : seen.signers) {
      if (signer.log) trusted_.push_back({baseline::SignerId(signer.signer), signer.signer, {}});
    }
  }

  bool Trusts(const std::string& id) const {
    return std::any_of(trusted_.begin(), trusted_.end(),
                       [&](const Trusted& trusted) { return trusted.id == id; });
  }
  bool Continues(const baseline::Signer& signer, std::optional<Time> time) const {
    return std::any_of(trusted_.begin(), trusted_.end(), [&](const Trusted& trusted) {
      return baseline::Compare(signer, time, trusted.signer, trusted.earliest) ==
             baseline::Relation::kContinuous;
    });
  }
  bool Continues(const baseline::ObservedSigner& signer) const {
    return Continues(signer.signer, signer.verified_time);
  }

  void CollectLogs(const baseline::Observation& seen, std::set<std::string>& logs,
                   std::set<std::string, std::less<>>& hosts) const {
    for (const baseline::ObservedSigner& signer : seen.signers) {
      if (signer.log && Continues(signer)) logs.insert(signer.log->log_id);
    }
    if (question_.record == nullptr) return;
    for (const baseline::ImageRecord& image : question_.record->images) {
      if (image.log && Trusts(image.log->signer)) logs.insert(image.log->entry.log_id);
    }
    if (question_.record->log && !question_.record->log->origin.empty()) {
      hosts.emplace(HostOf(question_.record->log->origin));
    }
  }

  void LearnAnnotations(const baseline::Observation& seen) {
    for (const baseline::ObservedSigner& signer : seen.signers) {
      if (!signer.log || !Continues(signer)) continue;
      annotations_.Learn(question_.repository,
                         rekor::TemplateOf(signer.annotations, TagsOf(seen.digest)));
    }
  }

  // Asks for the leaf; true when the log still holds it.
  bool Prove(const baseline::LogEvidence& evidence, bool fresh, baseline::LogLane& lane) {
    if (evidence.log_id != log_id_) return false;
    rekor::Ask ask = ask_;
    ask.fresh = fresh;
    const auto state =
        log_.LeafAt({evidence.log_id, evidence.origin, evidence.index, evidence.entry_hash}, ask);
    if (!state) {
      Failed(state.error());
      return false;
    }
    const bool contradicts =
        *state == rekor::LeafState::kOther || *state == rekor::LeafState::kNone;
    lane.contradicted = lane.contradicted || contradicts;
    if (*state == rekor::LeafState::kNotCovered) complete_ = false;
    return *state == rekor::LeafState::kSame;
  }

  // The signatures that the registry serves. True when one is continuous and logged.
  bool ProveServed(baseline::Observation& part) {
    bool logged = false;
    if (!baseline::IsSigned(part.posture)) return false;
    for (const baseline::ObservedSigner& signer : part.signers) {
      if (!signer.log || !Continues(signer)) continue;
      logged = true;
      if (Prove(*signer.log, false, part.log)) {
        part.log.proven.push_back({signer.signer, true, *signer.log});
      }
    }
    return logged;
  }

  const baseline::StoredEvidence* RememberedOf(const std::string& digest) const {
    if (question_.record == nullptr) return nullptr;
    const baseline::ImageRecord* image = baseline::FindImage(*question_.record, digest);
    if (image == nullptr || !image->log || !Trusts(image->log->signer)) return nullptr;
    return &*image->log;
  }

  // The evidence that is kept of this digest; proven anew, never believed from memory.
  bool ProveRemembered(baseline::Observation& part) {
    const baseline::StoredEvidence* evidence = RememberedOf(part.digest);
    if (evidence == nullptr) return false;
    baseline::LogLane unused;
    if (!Prove(evidence->entry, true, unused)) return false;
    const baseline::SignerRecord* signer =
        baseline::FindSigner(*question_.record, evidence->signer);
    if (signer == nullptr) return false;
    part.log.proven.push_back({signer->signer, evidence->served, evidence->entry});
    return true;
  }

  std::vector<std::string> TagsOf(const std::string& digest) const {
    std::vector<std::string> tags;
    if (question_.record == nullptr) return tags;
    for (const baseline::TagRecord& tag : question_.record->tags) {
      if (tag.digest == digest) tags.push_back(tag.tag);
    }
    return tags;
  }

  bool IsForHere(const std::string& docker_reference, bool without_name) const {
    if (docker_reference.empty()) return without_name;
    const std::string named = baseline::NormaliseRepository(docker_reference);
    return named == question_.repository ||
           std::find(aliases_.begin(), aliases_.end(), named) != aliases_.end();
  }

  Result<rekor::SearchResult> Search(const std::string& digest) {
    rekor::Subject subject;
    subject.repository = question_.repository;
    subject.aliases = aliases_;
    subject.digest = digest;
    subject.tags = TagsOf(digest);
    subject.templates = annotations_.Of(question_.repository);
    if (question_.record != nullptr) {
      for (const std::string& reference : question_.record->docker_references) {
        subject.aliases.push_back(reference);
      }
      for (const baseline::ImageRecord& image : question_.record->images) {
        if (image.storage)
          subject.bundle_first = *image.storage != baseline::Storage::kSignatureTag;
      }
    }
    const auto enough = [&](const sigstore::Verification& proven) {
      return Continues(ObservedSignerOf(proven));
    };
    return log_.Search(rekor::PlanSearch(subject),
                       {.digests = {digest}, .content = {}, .known_keys = {}}, enough, ask_);
  }

  void SearchFor(baseline::Observation& part) {
    ask_.fresh = true;
    std::vector<std::string> digests{part.digest};
    if (!part.index_digest.empty()) digests.push_back(part.index_digest);
    std::set<std::string> others;
    for (const std::string& digest : digests) {
      const auto found = Search(digest);
      if (!found) {
        Failed(found.error());
        if (found.error().code == rekor::kNoSearch) complete_ = false;
        continue;
      }
      complete_ = complete_ && found->complete;
      for (const sigstore::Verification& proven : found->proven) {
        const baseline::ObservedSigner signer = ObservedSignerOf(proven);
        if (!Continues(signer)) {
          others.insert(baseline::SignerId(signer.signer));
          continue;
        }
        part.log.proven.push_back(
            {signer.signer, IsForHere(signer.docker_reference, false), *signer.log});
      }
    }
    ask_.fresh = false;
    if (others.empty()) return;
    part.notes.push_back({baseline::NoteKind::kCompetingLogSigner,
                          std::to_string(others.size()) +
                              (others.size() == 1 ? " other signer has" : " other signers have") +
                              " logged a signature of this digest"});
  }

  rekor::Log& log_;
  AnnotationMemory& annotations_;
  const LogQuestion& question_;
  rekor::Ask ask_;
  std::vector<std::string> aliases_;
  std::vector<Trusted> trusted_;
  std::string log_id_;
  std::size_t failures_ = 0;
  bool complete_ = true;  // of the part that is asked about now
  LogTrouble trouble_ = LogTrouble::kNone;
};

}  // namespace

LogTrouble LogLane::Ask(const LogQuestion& question, baseline::Observation& seen) const {
  if (baseline::ShownPosture(seen) == Posture::kUnknown) return LogTrouble::kNone;
  return AskEvenUnknown(question, seen);
}

LogTrouble LogLane::AskEvenUnknown(const LogQuestion& question, baseline::Observation& seen) const {
  if (seen.digest.empty()) return LogTrouble::kNone;
  Inquiry inquiry(log_, rules_, annotations_, question);
  const auto concerns = inquiry.Concerns(seen);
  if (!concerns) {
    inquiry.Failed(concerns.error());
    seen.log.answer = LaneState::kUnanswered;
    return inquiry.trouble();
  }
  if (!*concerns) return LogTrouble::kNone;
  inquiry.AskAbout(seen, true);
  std::size_t asked = 0;
  for (baseline::Observation& child : seen.children) {
    // The log knows the index; of a child it is asked only what the index left open.
    inquiry.AskAbout(child, seen.log.proven.empty() && asked++ < kMaxChildren);
  }
  return inquiry.trouble();
}

void LogLane::Consult(const LogQuestion& question, baseline::Observation& seen) const {
  const baseline::Condition* condition =
      baseline::FindCondition(*question.record, "LogCorroborated");
  if (condition == nullptr || condition->reason != "LogInconsistent") {
    AskEvenUnknown(question, seen);
  }
  if (seen.log.answer == LaneState::kOff) seen.log.answer = LaneState::kUnanswered;
}

LogHistory LogLane::LookBack(const LogQuestion& question, const baseline::Observation& seen,
                             const std::vector<std::string>& digests) const {
  LogHistory history;
  Inquiry inquiry(log_, rules_, annotations_, question);
  const auto concerns = inquiry.Concerns(seen);
  if (!concerns) return history;
  if (!*concerns) {
    history.outcome = baseline::Lookup::kDisabled;
    return history;
  }
  std::size_t answered = 0;
  const std::size_t count = std::min(digests.size(), kMaxDigests);
  for (std::size_t i = 0; i < count; ++i) {
    if (inquiry.LookUp(digests[i], history.signatures)) ++answered;
  }
  if (answered == digests.size()) {
    history.outcome = baseline::Lookup::kComplete;
  } else if (answered > 0 || inquiry.trouble() == LogTrouble::kNone) {
    // A log without a search is asked in vain, and has not failed.
    history.outcome = baseline::Lookup::kPartial;
  }
  return history;
}

}  // namespace plimsoll::observation
