// The simulated API server: versions, conflicts, watches, and answers that are lost.
#include <utility>

#include "api/names.h"
#include "simulation/controllers.h"
#include "simulation/promises.h"
#include "simulation/world.h"

namespace plimsoll::simulation {

using controller::WriteOutcome;

namespace {

// What a write changed, for whoever replays a seed.
std::string Changed(const baseline::Record& before, const baseline::Record& after) {
  std::string text;
  const auto add = [&](bool differs, const std::string& what) {
    if (differs) text += " " + what;
  };
  for (const auto& image : after.images) {
    const auto* old = baseline::FindImage(before, image.digest);
    if (old == nullptr) {
      text += " image+" + image.digest.substr(7, 6);
      continue;
    }
    auto same_times = image;
    same_times.judged_time = old->judged_time;
    if (*old == image) continue;
    text += (same_times == *old ? " judged:" : " image:") + image.digest.substr(7, 6);
    add(old->unknown_since_time != image.unknown_since_time, "(unknown)");
    add(old->running != image.running, "(running)");
    add(old->last_running_time != image.last_running_time, "(last-running)");
  }
  for (const auto& condition : after.conditions) {
    const auto* old = baseline::FindCondition(before, condition.type);
    add(old == nullptr || !(*old == condition),
        "condition:" + condition.type + "/" + condition.reason + "(" + condition.message + ")");
  }
  add(before.drift != after.drift, "drift");
  add(before.signers != after.signers, "signers");
  add(before.tags != after.tags, "tags");
  add(before.log != after.log, "log");
  add(before.remembered != after.remembered, "remembered");
  add(before.last_observed_time != after.last_observed_time, "last-observed");
  add(before.last_running_time != after.last_running_time, "last-running");
  add(before.running_images != after.running_images, "running-images");
  return text;
}

}  // namespace

void World::Broadcast(const controller::Input& input) {
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    if (!controllers_[i]->alive()) continue;
    Duration lag = Seconds(0, 1);
    if (settings_.chaos && !calm_ && random_.Chance(0.02)) lag = Seconds(5, 120);
    if (ApiDown()) lag = api_down_until_ - now_ + Seconds(0, 5);
    GiveLater(i, input, lag);
    // A list again tells what is known already.
    if (settings_.chaos && !calm_ && random_.Chance(0.01))
      GiveLater(i, input, lag + Seconds(0, 30));
  }
}

void World::ListAgain(std::size_t index) {
  if (!controllers_[index]->alive() || ApiDown()) return;
  for (const auto& [uid, pod] : pods_)
    GiveLater(index, controller::PodChanged{pod.pod}, Duration{});
  for (const auto& [name, object] : baselines_)
    GiveLater(index, controller::BaselineChanged{object}, Duration{});
  for (const auto& [name, object] : policies_)
    GiveLater(index, controller::PolicyChanged{object}, Duration{});
}

void World::Answer(std::size_t index, std::uint64_t id, const std::string& name,
                   const std::string& uid, WriteOutcome outcome, const api::SigningBaseline* object,
                   const api::SigningPolicyObject* policy) {
  controller::WriteDone done;
  done.id = id;
  done.outcome = outcome;
  if (object != nullptr) done.object = *object;
  if (policy != nullptr) done.policy = *policy;
  const std::uint64_t life = controllers_[index]->life;
  if (settings_.chaos && !calm_ && random_.Chance(0.01)) {
    // The connection broke: done or not, nobody knows. Sometimes not even that is said.
    if (random_.Chance(0.3)) return;
    done.outcome = WriteOutcome::kFailed;
    done.object.reset();
    done.policy.reset();
  }
  const auto give = [this, index, life, done, name, uid] {
    if (controllers_[index]->life != life) return;
    promises_->OnWriteAnswered(index, name, uid, done.outcome == WriteOutcome::kDone);
    Give(index, done);
  };
  After(Seconds(0, 1), give);
  if (settings_.chaos && !calm_ && random_.Chance(0.01)) After(Seconds(1, 20), give);
}

void World::Create(std::size_t index, const controller::CreateBaseline& action) {
  const std::string name = api::BaselineName(action.repository);
  promises_->OnSent(index, name, "", now_ + controllers_[index]->skew, true);
  if (ApiDown()) return Answer(index, action.id, name, "", WriteOutcome::kFailed, nullptr);
  const auto [at, added] = baselines_.try_emplace(name);
  if (!added) return Answer(index, action.id, name, "", WriteOutcome::kConflict, nullptr);
  at->second.meta.name = name;
  at->second.meta.uid = "uid-" + std::to_string(++names_);
  at->second.meta.generation = 1;
  at->second.meta.created = WholeSeconds(now_);
  at->second.meta.resource_version = NextVersion();
  at->second.record.repository = action.repository;
  ++outcome_.writes;
  Broadcast(controller::BaselineChanged{at->second});
  Answer(index, action.id, name, "", WriteOutcome::kDone, &at->second);
}

void World::Write(std::size_t index, const controller::WriteBaseline& action) {
  const api::SigningBaseline& sent = *action.object;
  promises_->OnSent(index, sent.meta.name, sent.meta.uid, now_ + controllers_[index]->skew,
                    action.drift);
  if (ApiDown())
    return Answer(index, action.id, sent.meta.name, sent.meta.uid, WriteOutcome::kFailed, nullptr);
  const auto found = baselines_.find(sent.meta.name);
  if (found == baselines_.end())
    return Answer(index, action.id, sent.meta.name, sent.meta.uid, WriteOutcome::kNotFound,
                  nullptr);
  api::SigningBaseline& object = found->second;
  if (sent.meta.resource_version != object.meta.resource_version ||
      sent.meta.uid != object.meta.uid) {
    ++outcome_.conflicts;
    return Answer(index, action.id, sent.meta.name, sent.meta.uid, WriteOutcome::kConflict,
                  nullptr);
  }
  // Through JSON, as a real server takes it: with every drift, and now and then. What comes back is what was sent,
  // so nothing else depends on it.
  if (action.drift || outcome_.writes % 8 == 0) {
    const std::string text = api::SigningBaselineJson(sent);
    const Result<api::SigningBaseline> read = api::ReadSigningBaseline(text);
    if (!read) {
      outcome_.broken = "a status cannot be read back: " + read.error().message;
      return;
    }
    promises_->OnText(sent, text, *read);
  }
  api::SigningBaseline after = object;
  after.record = sent.record;
  promises_->OnStatus(index, object, after);
  const std::string changed =
      settings_.verbose ? Changed(object.record, after.record) : std::string();
  object.record = after.record;
  object.meta.resource_version = NextVersion();
  ++outcome_.writes;
  Say("controller " + std::to_string(index) + " wrote " + object.record.repository + " state " +
      (object.record.state ? std::string(baseline::ToText(*object.record.state)) : "-") +
      " drift '" + object.record.drift_summary + "' version " + object.meta.resource_version +
      changed);
  Broadcast(controller::BaselineChanged{object});
  Answer(index, action.id, sent.meta.name, sent.meta.uid, WriteOutcome::kDone, &object);
}

void World::Delete(std::size_t index, const controller::DeleteBaseline& action) {
  promises_->OnSent(index, action.name, action.uid, now_ + controllers_[index]->skew, true);
  if (ApiDown())
    return Answer(index, action.id, action.name, action.uid, WriteOutcome::kFailed, nullptr);
  const auto found = baselines_.find(action.name);
  if (found == baselines_.end())
    return Answer(index, action.id, action.name, action.uid, WriteOutcome::kNotFound, nullptr);
  if (found->second.meta.uid != action.uid ||
      found->second.meta.resource_version != action.resource_version) {
    return Answer(index, action.id, action.name, action.uid, WriteOutcome::kConflict, nullptr);
  }
  ++outcome_.pruned;
  baselines_.erase(found);
  Broadcast(controller::BaselineGone{action.name, action.uid});
  Answer(index, action.id, action.name, action.uid, WriteOutcome::kDone, nullptr);
}

void World::WritePolicy(std::size_t index, const controller::WritePolicy& action) {
  if (ApiDown()) return Answer(index, action.id, {}, {}, WriteOutcome::kFailed, nullptr);
  const auto found = policies_.find(action.meta.name);
  if (found == policies_.end())
    return Answer(index, action.id, {}, {}, WriteOutcome::kNotFound, nullptr);
  if (found->second.meta.resource_version != action.meta.resource_version) {
    return Answer(index, action.id, {}, {}, WriteOutcome::kConflict, nullptr);
  }
  found->second.status = action.status;
  found->second.meta.resource_version = NextVersion();
  Broadcast(controller::PolicyChanged{found->second});
  Answer(index, action.id, {}, {}, WriteOutcome::kDone, nullptr, &found->second);
}

void World::Read(std::size_t index, const controller::ReadBaseline& action) {
  // Who reads gave up waiting for the answer to what was sent, which may have been what made the object.
  promises_->OnWriteAnswered(index, action.name, action.uid, false);
  promises_->OnWriteAnswered(index, action.name, "", false);
  if (ApiDown()) return;  // no answer: the core asks again
  const auto found = baselines_.find(action.name);
  const std::uint64_t life = controllers_[index]->life;
  controller::Input input = controller::BaselineGone{action.name, action.uid};
  if (found != baselines_.end()) input = controller::BaselineChanged{found->second};
  Duration latency = Seconds(0, 2);
  // Overtaken by what the watch brings, and by what is made since.
  if (settings_.chaos && !calm_ && random_.Chance(0.1)) latency = Seconds(2, 120);
  After(latency, [this, index, life, given = std::move(input)] {
    if (controllers_[index]->life == life) Give(index, given);
  });
}

}  // namespace plimsoll::simulation
