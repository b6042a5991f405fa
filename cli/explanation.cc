#include "cli/explanation.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "api/admission_text.h"
#include "api/advice.h"
#include "api/names.h"
#include "api/short_text.h"
#include "api/texts.h"
#include "base/printable.h"
#include "baseline/derive.h"
#include "baseline/signer.h"

namespace plimsoll::cli {
namespace {

using namespace plimsoll::baseline;

constexpr std::size_t kColumns = 100;
constexpr std::size_t kLabel = 16;
constexpr std::size_t kImagesShown = 8;

// A sentence with its label, in lines that fit a terminal.
std::string Paragraph(const std::string& label, const std::string& text) {
  const std::string margin(std::max(kLabel, label.size() + 1), ' ');
  std::string out;
  std::string line = label + margin.substr(label.size());
  bool fresh = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!fresh && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = margin;
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
    fresh = false;
    begin = end + 1;
  }
  return out + line + "\n";
}

std::string Line(const std::string& label, const std::string& text) {
  return text.empty() ? std::string() : Paragraph(label, text);
}

std::string SourceOf(const SignerRecord& signer) {
  if (!signer.source) return "";
  switch (*signer.source) {
    case SignerSource::kFirstUse:
      return "trusted on first use";
    case SignerSource::kPolicy:
      return "pinned by SigningPolicy " + Printable(signer.policy_name, 253);
    case SignerSource::kAccepted:
      return "accepted by a person, as " + signer.fingerprint;
  }
  return "";
}

std::string SeenOf(const SignerRecord& signer) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (signer.first_observed_time) add("first seen here " + FormatTime(*signer.first_observed_time));
  if (signer.last_observed_time) add("last " + FormatTime(*signer.last_observed_time));
  if (signer.log_entries > 0 && signer.earliest_log_time) {
    add(api::Counted(signer.log_entries, "verified log entry") + " since " +
        FormatTime(*signer.earliest_log_time));
  }
  return text;
}

std::string SourceRepositoryOf(const Signer& signer) {
  if (signer.source_repository_uri.empty() && signer.source_repository_id.empty()) return "";
  std::string text = Printable(signer.source_repository_uri, 512);
  if (!signer.source_repository_id.empty())
    text += " (id " + Printable(signer.source_repository_id, 64) + ")";
  if (!signer.source_repository_owner_id.empty())
    text += ", owner id " + Printable(signer.source_repository_owner_id, 64);
  return text;
}

std::string SignerText(const SignerRecord& signer) {
  const Signer& who = signer.signer;
  std::string text = "  " + ShortSigner(who) + "\n";
  text += Line("    why", SourceOf(signer));
  if (who.kind == SignerKind::kKey) {
    text += Line("    key", "SHA-256 " + who.spki_sha256);
  } else {
    text += Line("    identity", Printable(who.identity, SignerLimits::kIdentity));
    text += Line("    issuer", Printable(who.issuer, SignerLimits::kIssuer));
    if (who.build_config_uri != who.identity)
      text += Line("    workflow", Printable(who.build_config_uri, SignerLimits::kBuildConfig));
    text += Line("    source", SourceRepositoryOf(who));
  }
  return text + Line("    seen", SeenOf(signer));
}

std::string SignersText(const Record& record, bool wide) {
  std::string trusted;
  std::string others;
  for (const SignerRecord& signer : record.signers)
    (signer.in_force ? trusted : others) += SignerText(signer);
  std::string text =
      "\nTrusted signers\n" + (trusted.empty() ? std::string("  none yet\n") : trusted);
  if (wide && !others.empty()) text += "\nSigners that were met, and are not trusted\n" + others;
  return text;
}

// What a condition's message tells in this list.
std::string LabelOf(const Condition& condition) {
  if (condition.type == "Established") return "because";
  if (condition.type == "LogCorroborated") return "log";
  if (condition.type == "Verifiable") return "trust root";
  return condition.type == "Observed" ? "registry" : condition.type;
}

std::string SinceText(const Record& record) {
  std::string text = "\nSince when, and on what evidence\n";
  const auto at = [](const std::optional<Time>& time) { return time ? FormatTime(*time) : ""; };
  text += Line("  first seen", at(record.first_observed_time));
  text += Line("  learning", at(record.learning_time));
  text += Line("  established", at(record.established_time));
  if (record.strength)
    text +=
        Line("  strength",
             std::string(ToText(*record.strength)) +
                 (*record.strength == Strength::kLocalOnly ? ": this cluster's own memory"
                  : *record.strength == Strength::kPinned  ? ": a SigningPolicy names who must sign"
                                                          : ": a history in the transparency log"));
  for (const Condition& condition : record.conditions) {
    if (condition.type == "Drifted" || condition.message.empty()) continue;
    text += Paragraph("  " + LabelOf(condition), Printable(condition.message, 1024));
  }
  return text;
}

std::string ImagesText(const Record& record, bool wide) {
  std::string text = "\nRunning images: " + std::to_string(record.running_images) + "\n";
  std::size_t shown = 0;
  std::size_t left = 0;
  for (const ImageRecord& image : record.images) {
    if (!image.running && !wide) continue;
    if (shown == kImagesShown && !wide) {
      ++left;
      continue;
    }
    ++shown;
    text += "  " + (wide ? image.digest : api::ShortDigest(image.digest)) + "  " +
            std::string(ToText(image.posture));
    if (!image.drift.empty()) text += ", differs from the baseline";
    if (!image.running) text += ", runs no more";
    if (!image.unknown_reason.empty())
      text += ", no answer lately (" + Printable(image.unknown_reason, 64) + ")";
    for (const std::string& note : image.notes) text += ", " + Printable(note, 64);
    text += "\n";
  }
  if (left > 0) text += "  and " + std::to_string(left) + " more\n";
  return text;
}

// What accepts the digest: its own fingerprint, or that of the signer that the entry names.
std::string FingerprintOf(const DriftRecord& drift, const DriftDigest& digest) {
  return digest.fingerprint.empty() ? drift.fingerprint : digest.fingerprint;
}

std::string DriftText(const Record& record, const DriftRecord& drift, bool wide,
                      const Paint& paint) {
  const bool critical = drift.severity == Severity::kCritical;
  const std::string kind(ToText(drift.kind));
  std::string text = "  " + paint(kind, critical ? Colour::kRed : Colour::kYellow) + ", " +
                     (critical ? "critical" : "warning") + ", open since " +
                     (drift.opened_time ? FormatTime(*drift.opened_time) : "an unknown time") +
                     "\n";
  if (drift.ended_time)
    text += Line("    ended", FormatTime(*drift.ended_time) +
                                  ": no running image shows it; it was not accepted");
  text += Line("    expected", Printable(drift.expected, api::kMaxDriftText));
  text += Line("    seen", Printable(drift.observed, api::kMaxDriftText));
  for (const DriftDigest& digest : drift.digests) {
    const ImageRecord* image = FindImage(record, digest.digest);
    std::string line = wide ? digest.digest : api::ShortDigest(digest.digest);
    line += image != nullptr && image->running ? ", running" : ", not running";
    if (!digest.fingerprint.empty()) line += ", " + digest.fingerprint;
    text += Line("    image", line);
  }
  if (drift.digests_not_shown > 0)
    text += Line("    image", "and " + std::to_string(drift.digests_not_shown) + " more");
  if (drift.started_by_tag)
    text += Line("    note",
                 "a container that shows it names a tag, which a node resolves anew each time");
  if (wide && !NamesSigner(drift.kind))
    text += Line("    for all",
                 drift.fingerprint + " accepts it for the whole repository, for a while");
  text += Line("    meaning", std::string(api::MeaningOf(drift.kind)));
  text += Line("    what to do", std::string(api::AdviceFor(drift.kind)));
  return text + "    to accept\n      " +
         api::AcceptCommand(record.repository, kind, api::OfferedFingerprint(drift)) + "\n";
}

std::string DriftsText(const Record& record, bool wide, const Paint& paint) {
  std::string open;
  std::string ended;
  for (const DriftRecord& drift : record.drift)
    (drift.ended_time ? ended : open) += DriftText(record, drift, wide, paint);
  std::string text;
  if (!open.empty()) text += "\nOpen drift\n" + open;
  if (record.drifts_not_shown > 0)
    text += "  and " + std::to_string(record.drifts_not_shown) + " more\n";
  if (!ended.empty()) text += "\nDrift that ended by itself\n" + ended;
  return text;
}

std::string AcceptedText(const Record& record) {
  if (record.accepted.empty()) return "";
  std::string text = "\nAccepted\n";
  for (const AcceptedRecord& accepted : record.accepted) {
    text += "  " + std::string(ToText(accepted.kind)) + " " + accepted.fingerprint + "\n";
    text += Line("    until", accepted.expiration_time ? FormatTime(*accepted.expiration_time)
                                                       : "somebody takes it back");
    text += Line("    by", Printable(accepted.accepted_by, 253));
    text += Line("    reason", Printable(accepted.reason, 512));
    text += Line("    policy", Printable(accepted.policy_name, 253));
  }
  return text;
}

std::string Headline(const Record& record, const Paint& paint) {
  const std::size_t open = OpenDrifts(record);
  std::string state = record.state ? std::string(ToText(*record.state)) : "not judged yet";
  const bool critical = record.severity == Severity::kCritical;
  const Colour colour =
      open == 0  ? (record.state == State::kEstablished ? Colour::kGreen : Colour::kYellow)
      : critical ? Colour::kRed
                 : Colour::kYellow;
  std::string text = record.repository + "  " + paint(state, colour) + "\n";
  const Condition* drifted = baseline::FindCondition(record, "Drifted");
  if (open > 0) {
    text += api::Counted(open, "drift") + (open == 1 ? " is" : " are") + " open.\n";
  } else if (drifted != nullptr && !drifted->message.empty()) {
    text += Printable(drifted->message, 1024) + "\n";
  }
  return text;
}

void OptionalTime(json::Writer& w, std::string_view name, const std::optional<Time>& time) {
  if (time) w.Member(name, FormatTime(*time));
}

void SignerJson(json::Writer& w, const SignerRecord& signer) {
  const Signer& who = signer.signer;
  w.BeginObject();
  w.Member("id", signer.id);
  w.Member("kind", ToText(who.kind));
  w.Member("trusted", signer.in_force);
  w.MemberIfSet("why", SourceOf(signer));
  w.MemberIfSet("identity", who.identity);
  w.MemberIfSet("canonicalIdentity", who.canonical_identity);
  w.MemberIfSet("issuer", who.issuer);
  w.MemberIfSet("buildConfigURI", who.build_config_uri);
  w.MemberIfSet("sourceRepositoryURI", who.source_repository_uri);
  w.MemberIfSet("sourceRepositoryID", who.source_repository_id);
  w.MemberIfSet("sourceRepositoryOwnerID", who.source_repository_owner_id);
  w.MemberIfSet("spkiSHA256", who.spki_sha256);
  OptionalTime(w, "firstObservedTime", signer.first_observed_time);
  OptionalTime(w, "lastObservedTime", signer.last_observed_time);
  OptionalTime(w, "earliestLogTime", signer.earliest_log_time);
  OptionalTime(w, "latestLogTime", signer.latest_log_time);
  w.EndObject();
}

void DriftJson(json::Writer& w, const Record& record, const DriftRecord& drift) {
  w.BeginObject();
  w.Member("kind", ToText(drift.kind));
  w.Member("severity", ToText(drift.severity));
  w.Member("open", !drift.ended_time.has_value());
  w.Member("entry", drift.fingerprint);
  w.Member("fingerprint", api::OfferedFingerprint(drift));
  OptionalTime(w, "openedTime", drift.opened_time);
  OptionalTime(w, "endedTime", drift.ended_time);
  w.MemberIfSet("expected", drift.expected);
  w.MemberIfSet("observed", drift.observed);
  w.Key("images");
  w.BeginArray();
  for (const DriftDigest& digest : drift.digests) {
    const ImageRecord* image = FindImage(record, digest.digest);
    w.BeginObject();
    w.Member("digest", digest.digest);
    w.Member("fingerprint", FingerprintOf(drift, digest));
    w.Member("running", image != nullptr && image->running);
    w.EndObject();
  }
  w.EndArray();
  w.Member("imagesNotShown", drift.digests_not_shown);
  w.Member("meaning", api::MeaningOf(drift.kind));
  w.Member("advice", api::AdviceFor(drift.kind));
  w.Member("accept", api::AcceptCommand(record.repository, std::string(ToText(drift.kind)),
                                        api::OfferedFingerprint(drift)));
  w.EndObject();
}

template <class Items, class Write>
void ArrayMember(json::Writer& w, std::string_view name, const Items& items, const Write& write) {
  w.Key(name);
  w.BeginArray();
  for (const auto& item : items) write(item);
  w.EndArray();
}

PastEvent Opened(DriftKind kind, const std::optional<Severity>& severity, Time time,
                 const std::string& fingerprint) {
  PastEvent event;
  event.time = time;
  event.event = "DriftOpened";
  event.detail = ToText(kind);
  if (severity) event.severity = ToText(*severity);
  event.fingerprint = fingerprint;
  return event;
}

std::string_view EventOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kResolved:
      return "DriftResolved";
    case Outcome::kAccepted:
      return "DriftAccepted";
    case Outcome::kEnded:
      return "DriftEnded";
    case Outcome::kSuperseded:
      return "DriftSuperseded";
  }
  return "";
}

void AddLearned(const Record& record, std::vector<PastEvent>& all) {
  const auto add = [&](const std::optional<Time>& time, const char* event, std::string detail) {
    if (!time) return;
    PastEvent past;
    past.time = *time;
    past.event = event;
    past.detail = std::move(detail);
    all.push_back(std::move(past));
  };
  add(record.first_observed_time, "FirstSeen", "the first image of it ran in this cluster");
  add(record.learning_time, "LearningStarted", "the first verified signature");
  add(record.established_time, "BaselineEstablished",
      record.basis ? std::string(ToText(*record.basis)) : "");
  for (const SignerRecord& signer : record.signers) {
    // What an acceptance trusts was met before it, and says so in a line of its own.
    const bool at_once = signer.in_force && signer.source != SignerSource::kAccepted;
    add(signer.first_observed_time, at_once ? "SignerTrusted" : "SignerMet",
        ShortSigner(signer.signer) + (at_once ? ": " + SourceOf(signer) : ""));
  }
}

void AddClosed(const Record& record, std::vector<PastEvent>& all) {
  for (const HistoryRecord& closed : record.history) {
    if (closed.opened_time)
      all.push_back(Opened(closed.kind, closed.severity, *closed.opened_time, closed.fingerprint));
    if (!closed.closed_time) continue;
    PastEvent event = Opened(closed.kind, closed.severity, *closed.closed_time, closed.fingerprint);
    event.event = EventOf(closed.outcome);
    event.by = closed.accepted_by.empty() ? closed.policy_name : closed.accepted_by;
    event.reason = closed.reason;
    all.push_back(std::move(event));
  }
}

bool IsInHistory(const Record& record, const AcceptedRecord& accepted) {
  return std::any_of(
      record.history.begin(), record.history.end(), [&](const HistoryRecord& closed) {
        return closed.outcome == Outcome::kAccepted && closed.fingerprint == accepted.fingerprint &&
               closed.kind == accepted.kind && closed.closed_time >= accepted.accepted_time;
      });
}

}  // namespace

std::string ExplainText(const Record& record, bool wide, const Paint& paint) {
  return Headline(record, paint) + DriftsText(record, wide, paint) + AcceptedText(record) +
         SignersText(record, wide) + SinceText(record) + ImagesText(record, wide);
}

void ExplainJson(json::Writer& w, const Record& record) {
  w.BeginObject();
  w.Member("repository", record.repository);
  w.Member("baseline", api::BaselineName(record.repository));
  if (record.state) w.Member("state", ToText(*record.state));
  if (record.severity) w.Member("severity", ToText(*record.severity));
  if (record.strength) w.Member("strength", ToText(*record.strength));
  if (record.basis) w.Member("basis", ToText(*record.basis));
  if (record.posture) w.Member("posture", ToText(*record.posture));
  w.MemberIfSet("policyName", record.policy_name);
  OptionalTime(w, "firstObservedTime", record.first_observed_time);
  OptionalTime(w, "learningTime", record.learning_time);
  OptionalTime(w, "establishedTime", record.established_time);
  w.Member("runningImages", record.running_images);
  ArrayMember(w, "signers", record.signers, [&](const SignerRecord& s) { SignerJson(w, s); });
  ArrayMember(w, "drift", record.drift, [&](const DriftRecord& d) { DriftJson(w, record, d); });
  ArrayMember(w, "accepted", record.accepted, [&](const AcceptedRecord& accepted) {
    w.BeginObject();
    w.Member("kind", ToText(accepted.kind));
    w.Member("fingerprint", accepted.fingerprint);
    w.Member("policyName", accepted.policy_name);
    w.MemberIfSet("acceptedBy", accepted.accepted_by);
    w.MemberIfSet("reason", accepted.reason);
    OptionalTime(w, "acceptedTime", accepted.accepted_time);
    OptionalTime(w, "expirationTime", accepted.expiration_time);
    w.EndObject();
  });
  ArrayMember(w, "conditions", record.conditions, [&](const Condition& condition) {
    w.BeginObject();
    w.Member("type", condition.type);
    w.Member("status", ToText(condition.status));
    w.Member("reason", condition.reason);
    w.Member("message", condition.message);
    w.EndObject();
  });
  w.EndObject();
}

std::vector<PastEvent> PastOf(const Record& record) {
  std::vector<PastEvent> all;
  AddLearned(record, all);
  AddClosed(record, all);
  for (const DriftRecord& drift : record.drift) {
    if (drift.opened_time)
      all.push_back(Opened(drift.kind, drift.severity, *drift.opened_time, drift.fingerprint));
    if (drift.last_opened_time && drift.last_opened_time != drift.opened_time) {
      all.push_back(Opened(drift.kind, drift.severity, *drift.last_opened_time, drift.fingerprint));
      all.back().detail += ": again, or by another image";
    }
    if (!drift.ended_time) continue;
    PastEvent event = Opened(drift.kind, drift.severity, *drift.ended_time, drift.fingerprint);
    event.event = "DriftEnded";
    all.push_back(std::move(event));
  }
  for (const AcceptedRecord& accepted : record.accepted) {
    if (!accepted.accepted_time || IsInHistory(record, accepted)) continue;
    PastEvent event =
        Opened(accepted.kind, accepted.severity, *accepted.accepted_time, accepted.fingerprint);
    event.event = "DriftAccepted";
    event.by = accepted.accepted_by.empty() ? accepted.policy_name : accepted.accepted_by;
    event.reason = accepted.reason;
    all.push_back(std::move(event));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const PastEvent& a, const PastEvent& b) { return a.time < b.time; });
  // A drift that was accepted and opened again tells its first time more than once.
  std::set<std::tuple<Time, std::string, std::string, std::string>> told;
  std::erase_if(all, [&](const PastEvent& e) {
    return !told.emplace(e.time, e.event, e.detail, e.fingerprint).second;
  });
  return all;
}

}  // namespace plimsoll::cli
