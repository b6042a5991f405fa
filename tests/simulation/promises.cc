#include "simulation/promises.h"

#include <algorithm>

#include "api/names.h"
#include "base/printable.h"
#include "baseline/fingerprint.h"
#include "baseline/settings.h"
#include "simulation/controllers.h"

namespace plimsoll::simulation {
namespace {

using baseline::DriftRecord;
using baseline::ImageRecord;
using baseline::Record;

const DriftRecord* OpenDriftOf(const Record& record, const std::string& digest) {
  for (const DriftRecord& drift : record.drift) {
    if (drift.ended_time) continue;
    for (const auto& shown : drift.digests) {
      if (shown.digest == digest) return &drift;
    }
    const ImageRecord* image = baseline::FindImage(record, digest);
    if (image != nullptr && image->drift == drift.fingerprint) return &drift;
  }
  return nullptr;
}

}  // namespace

void Promises::Break(const std::string& sentence) {
  if (world_.outcome_.broken.empty()) {
    world_.outcome_.broken = FormatTime(world_.now_) + ": " + sentence;
  }
}

void Promises::OnStarted(std::size_t controller) {
  std::erase_if(out_, [&](const auto& entry) { return std::get<0>(entry.first) == controller; });
  std::erase_if(last_ordinary_,
                [&](const auto& entry) { return std::get<0>(entry.first) == controller; });
  sent_[controller].clear();
}

void Promises::OnSent(std::size_t controller, const std::string& name, const std::string& uid,
                      Time local, bool drift) {
  const Object object{controller, name, uid};
  if (++out_[object] > 1) Break("two writes of " + name + " are out at once");
  // A burst of 10, and 10 a second; the times are those of the controller's own clock.
  std::vector<Time>& sent = sent_[controller];
  std::erase_if(sent,
                [&](Time when) { return local - when > std::chrono::seconds(2) || when > local; });
  sent.push_back(local);
  if (sent.size() > 31) Break("more than 10 writes a second");
  if (drift) return;
  const auto last = last_ordinary_.find(object);
  // A minute by its own clock or by the world's: its clock may have jumped in between. A write that failed is tried
  // again sooner; that one is not a change more.
  constexpr Duration kMinute = controller::CoreLimits::kWriteEvery - std::chrono::seconds(1);
  if (last != last_ordinary_.end() && world_.now_ - last->second.second < kMinute &&
      local - last->second.first < kMinute && local >= last->second.first &&
      !failed_.contains(object)) {
    Break("an ordinary change of " + name + " was written twice a minute");
  }
  last_ordinary_[object] = {local, world_.now_};
  failed_.erase(object);
}

void Promises::OnWriteAnswered(std::size_t controller, const std::string& name,
                               const std::string& uid, bool done) {
  out_[{controller, name, uid}] = 0;
  if (!done) failed_.insert({controller, name, uid});
}

void Promises::NoStrangerIsTrusted(const api::SigningBaseline& after) {
  const TrueRepository& repository = world_.repositories_[after.repository()];
  if (repository.discarded || repository.accepted) return;
  for (const auto& signer : after.record.signers) {
    if (!signer.in_force) continue;
    if (signer.signer.canonical_identity != repository.signer.canonical_identity ||
        signer.signer.source_repository_id != repository.signer.source_repository_id) {
      Break("a stranger is trusted for " + repository.key + ": " + signer.signer.identity);
    }
  }
}

void Promises::NoCriticalDriftDisappears(const api::SigningBaseline& before,
                                         const api::SigningBaseline& after) {
  const TrueRepository& repository = world_.repositories_[after.repository()];
  if (repository.discarded || repository.accepted || before.meta.uid != after.meta.uid) return;
  for (const DriftRecord& drift : before.record.drift) {
    if (drift.ended_time) continue;
    for (const auto& shown : drift.digests) {
      const TrueImage& image = world_.images_[{repository.key, shown.digest}];
      if (!image.evil) continue;
      const bool runs = std::any_of(world_.pods_.begin(), world_.pods_.end(), [&](const auto& pod) {
        return pod.second.repository == repository.key && pod.second.digest == shown.digest &&
               !pod.second.pod->ended();
      });
      if (runs && OpenDriftOf(after.record, shown.digest) == nullptr) {
        Break("the drift of " + shown.digest + " of " + repository.key +
              " disappeared while it runs");
      }
    }
  }
}

void Promises::EstablishedStays(const api::SigningBaseline& before,
                                const api::SigningBaseline& after) {
  if (before.meta.uid != after.meta.uid) return;
  if (before.record.learning_time && before.record.learning_time != after.record.learning_time) {
    Break("learningTime of " + after.repository() + " moved");
  }
  // What only a pin had established is what its learned record says when the pin goes.
  const bool pinned = before.record.basis == baseline::Basis::kPolicy;
  if (before.record.established_time && !after.record.established_time && !pinned) {
    Break("establishedTime of " + after.repository() + " was taken back");
  }
}

void Promises::OnText(const api::SigningBaseline& sent, const std::string& text,
                      const api::SigningBaseline& read) {
  if (text.size() > baseline::RecordLimits::kBytes ||
      text.size() > baseline::EstimateBytes(sent.record)) {
    Break("a status of " + sent.repository() + " is larger than it was estimated");
  }
  if (!IsUtf8(text)) Break("a status of " + sent.repository() + " is not UTF-8");
  if (!(read.record == sent.record))
    Break("a status of " + sent.repository() + " is read back as another one");
}

void Promises::BoundsHold(const api::SigningBaseline& after) {
  if (baseline::EstimateBytes(after.record) > baseline::RecordLimits::kBytes)
    Break("a status of " + after.repository() + " is too large");
  if (after.record.conditions.size() != 5) Break("not five conditions on " + after.repository());
  for (const auto& condition : after.record.conditions) {
    if (condition.message.empty() || condition.message.size() > 1'024) {
      Break("a condition of " + after.repository() + " has no fitting message: " + condition.type +
            " " + condition.reason);
    }
  }
  for (const auto& drift : after.record.drift) {
    if (drift.expected.empty() || drift.observed.empty())
      Break("a drift of " + after.repository() + " has no text");
  }
}

void Promises::OnStatus(std::size_t controller, const api::SigningBaseline& before,
                        const api::SigningBaseline& after) {
  (void)controller;
  NoStrangerIsTrusted(after);
  NoCriticalDriftDisappears(before, after);
  EstablishedStays(before, after);
  BoundsHold(after);
  if (before.record == after.record)
    Break("a status of " + after.repository() + " was written without a change");
  if (world_.calm_ && world_.now_ > world_.calm_from_ + std::chrono::hours(72))
    ++late_writes_[after.repository()];
}

void Promises::OnEvent(std::size_t controller, const controller::EmitEvent& event) {
  (void)controller;
  if (event.note.empty() || event.note.size() > 1'024)
    Break("an Event without a fitting note: " + event.reason);
  if (event.regarding.name.empty() || event.regarding.uid.empty()) {
    Break("an Event " + event.reason + " about nothing");
  }
  if (!event.regarding.pod) told_.insert(event.regarding.name + " " + event.reason);
}

void Promises::AtTheEnd() {
  for (const auto& [uid, pod] : world_.pods_) {
    if (pod.pod->ended()) continue;
    const TrueRepository& repository = world_.repositories_[pod.repository];
    const TrueImage& image = world_.images_[{pod.repository, pod.digest}];
    const auto object = world_.baselines_.find(api::BaselineName(pod.repository));
    if (object == world_.baselines_.end())
      return Break("no baseline for " + pod.repository + ", which runs");
    const Record& record = object->second.record;
    const ImageRecord* seen = baseline::FindImage(record, pod.digest);
    if (seen == nullptr && baseline::FindRemembered(record, pod.digest) == nullptr &&
        record.digests_forgotten == 0) {
      return Break("a digest that runs is not known: " + pod.digest + " of " + pod.repository);
    }
    if (seen == nullptr) continue;
    const auto truth =
        image.signers.empty() ? baseline::Posture::kUnsigned : baseline::Posture::kSignedKeyless;
    if (seen->posture != truth) return Break("the posture of " + pod.digest + " is not the truth");
    if (!seen->running)
      return Break(pod.digest + " of " + pod.repository + " runs, and the status does not say so");
    if (repository.discarded || repository.accepted) continue;
    const DriftRecord* drift = OpenDriftOf(record, pod.digest);
    if (image.evil && drift == nullptr) {
      return Break("an image that nobody trusted signed shows no drift: " + pod.digest + " of " +
                   pod.repository);
    }
    if (!image.evil && repository.is_signed && drift != nullptr) {
      return Break("a genuine image shows a drift: " + pod.digest + " of " + pod.repository);
    }
    if (drift != nullptr &&
        !told_.contains(object->first + " " + std::string(baseline::ToText(drift->kind)))) {
      return Break("no Event tells of " + std::string(baseline::ToText(drift->kind)) + " of " +
                   pod.repository);
    }
  }
  for (const auto& [repository, writes] : late_writes_) {
    if (writes > 8) {
      return Break(repository + " was written " + std::to_string(writes) +
                   " times on a day when nothing changed");
    }
  }
}

}  // namespace plimsoll::simulation
