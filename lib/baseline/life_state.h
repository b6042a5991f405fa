// The working state of one step (life.h). Each transition of a baseline's life is one function here, in the
// order in which `Run` takes them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "baseline/life.h"
#include "judge.h"
#include "trust.h"

namespace plimsoll::baseline {

// One digest, from images[] or remembered[].
struct Row {
  ImageRecord image;
  bool brief = false;                 // of remembered[], and not looked at since
  const Observation* seen = nullptr;  // a complete observation of this moment
  bool first_definite = false;        // its first one
  bool was_in_tag = false;  // its signature lay in the .sig tag once, and lies elsewhere since
  Verdict verdict;
  bool shows = false;        // it shows an open drift now
  std::string drift_before;  // the entry that it belonged to before this step
};

// One entry of drift[] while its digests come and go.
struct Entry {
  DriftRecord drift;
  bool existed = false;   // before this step
  bool was_open = false;  // and was not ended
  bool hidden = false;    // had no place in drift[]
  bool gained = false;    // a digest joined in this step
  bool cured = false;     // how its digests left in this step
  bool moved = false;
  bool accepted = false;
};

class LifeState {
 public:
  LifeState(const Record& record, const PolicySet& policies, const Settings& settings,
            const Moment& moment);
  StepResult Run();

 private:
  // life.cc: what runs and what was seen
  void LoadRows();
  void ExpireGrandfathered();
  void TakeRunning();
  void TakeTags();
  void TakeObservations();
  void TakeHistory();
  void TrackFailures();
  Row& RowOf(const std::string& digest);
  Row* FindRow(std::string_view digest);

  // learn.cc
  void BindPins();
  void StartLearning();
  void LearnFirstUse();
  void TeachFirstUse(const std::vector<Row*>& rows);
  void Grandfather();
  void LearnPinned();
  void MarkAccepted();
  void TeachContinuous();
  void LearnProvenance();
  void CompareSeenProvenance();
  void Corroborate();
  void Establish();
  bool EstablishAgain();
  bool IsContested() const;
  bool IsBarred(const SignerRecord& signer) const;
  bool HasRoomForTrusted(const SignerRecord& signer) const;

  // drifts.cc
  void LoadEntries();
  void JudgeAll();
  bool HasNewForm(const Row& row) const;
  void AcceptEntries();
  void MoveDigests();
  void Join(Row& row);
  void RefreshEntries();
  void CloseEntries();
  bool NamesAnother();
  void CloseEntry(Entry& entry, Outcome outcome);
  void StoreEntries();
  Entry& EntryOf(const std::string& fingerprint);
  void ListDigests(Entry& entry, const std::vector<const Row*>& members);
  std::optional<Time> LapsedOpening(const Verdict& verdict) const;

  // acceptances.cc
  void FindLapsed();
  void TrackAcceptances();
  void Announce(AcceptedRecord& accepted);
  bool FillAccepted(AcceptedRecord& accepted) const;
  void Remember(HistoryRecord closed);

  // bounds.cc
  void StoreRows();
  void BoundSigners();
  void BoundBytes();

  SignerRecord* SignerById(std::string_view id);
  void RefreshTrust() { trust_.emplace(record_, policy_, settings_); }
  JudgeInput Judging() const { return {record_, *trust_, book_, settings_, now_}; }
  void WakeAt(Time time);
  void Emit(Transition transition) { transitions_.push_back(std::move(transition)); }

  const Settings& settings_;
  const Moment& moment_;
  Time now_;
  bool refreshing_ = false;  // times that nothing depends on are written with this step
  Record record_;
  EffectivePolicy policy_;
  SignerBook book_;  // over record_.signers
  std::optional<Trust> trust_;
  std::map<std::string, Row, std::less<>> rows_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<AcceptedRecord> lapsed_;
  std::vector<Transition> transitions_;
  std::vector<std::string> dropped_;  // digests forgotten in this step
  bool spans_history_ = false;        // 4 (b) holds now
  std::optional<Time> wake_;
};

}  // namespace plimsoll::baseline
