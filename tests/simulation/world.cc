#include "simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "simulation/controllers.h"
#include "simulation/promises.h"

namespace plimsoll::simulation {
namespace {

constexpr Duration kLeaseLength = std::chrono::seconds(15);
constexpr int kCalmDays = 4;

}  // namespace

World::World(const WorldSettings& settings)
    : settings_(settings),
      random_(settings.seed),
      now_(FromUnixSeconds(1'790'000'000)),
      calm_from_(now_ + std::chrono::hours(24) * settings.days),
      promises_(std::make_unique<Promises>(*this)) {}

World::~World() = default;

Duration World::Seconds(std::int64_t least, std::int64_t most) {
  return std::chrono::milliseconds(random_.Between(least * 1'000, most * 1'000));
}

void World::At(Time when, Do what) {
  agenda_.push_back({when, order_++, std::move(what)});
  std::push_heap(agenda_.begin(), agenda_.end());
}

void World::Say(const std::string& text) {
  if (settings_.verbose) std::printf("%s %s\n", FormatTime(now_).c_str(), text.c_str());
}

void World::Start(std::size_t index) {
  Controller& c = *controllers_[index];
  if (c.alive()) return;
  controller::CoreSettings settings;
  settings.seed = random_.Next();
  settings.trust_root_date = "2026-10-28";
  c.core = std::make_unique<controller::Core>(settings);
  ++c.life;
  c.inbox.clear();
  c.wake.reset();
  c.told_leading = false;
  c.watch_front = now_;
  promises_->OnStarted(index);
  Say("controller " + std::to_string(index) + " starts");
  const auto list = [&](controller::Input input) {
    GiveLater(index, std::move(input), Seconds(0, 2));
  };
  for (const auto& [uid, pod] : pods_) list(controller::PodChanged{pod.pod});
  list(controller::Synced{controller::Collection::kPods});
  list(controller::PlatformsChanged{{"linux/amd64"}});
  list(controller::Synced{controller::Collection::kNodes});
  for (const auto& [name, object] : baselines_) list(controller::BaselineChanged{object});
  list(controller::Synced{controller::Collection::kBaselines});
  for (const auto& [name, object] : policies_) list(controller::PolicyChanged{object});
  list(controller::Synced{controller::Collection::kPolicies});
  After(Seconds(0, 4), [this] { Elect(); });
}

void World::Crash(std::size_t index) {
  Controller& c = *controllers_[index];
  if (!c.alive()) return;
  ++outcome_.crashes;
  Say("controller " + std::to_string(index) + " dies");
  c.core.reset();
  ++c.life;
  c.paused_until = Time{};
  After(Seconds(5, 120), [this, index] { Start(index); });
  After(kLeaseLength + Seconds(0, 5), [this] { Elect(); });
}

// Whoever is there and awake takes a lease that has run out.
void World::Elect() {
  if (lease_holder_) {
    const Controller& holder = *controllers_[*lease_holder_];
    if (holder.alive() && holder.paused_until <= now_) lease_until_ = now_ + kLeaseLength;
    if (now_ < lease_until_) {
      // A holder that started anew, under another name, does not lead by itself.
      if (holder.alive() && holder.told_leading) return;
      if (holder.alive() && holder.paused_until <= now_ && !holder.told_leading) {
        lease_holder_.reset();
      } else {
        After(Seconds(1, 3), [this] { Elect(); });
        return;
      }
    }
  }
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    if (controllers_[i]->alive() && controllers_[i]->paused_until <= now_) candidates.push_back(i);
  }
  if (candidates.empty()) {
    After(Seconds(2, 5), [this] { Elect(); });
    return;
  }
  const std::size_t chosen = candidates[random_.Below(candidates.size())];
  lease_holder_ = chosen;
  lease_until_ = now_ + kLeaseLength;
  Say("controller " + std::to_string(chosen) + " leads");
  controllers_[chosen]->told_leading = true;
  Give(chosen, controller::LeaderChanged{true});
}

void World::GiveLater(std::size_t index, controller::Input input, Duration wait) {
  Controller& c = *controllers_[index];
  c.watch_front = std::max(c.watch_front, now_ + wait);
  const std::uint64_t life = c.life;
  At(c.watch_front, [this, index, life, given = std::move(input)]() mutable {
    if (controllers_[index]->life == life) Give(index, std::move(given));
  });
}

void World::Give(std::size_t index, controller::Input input) {
  Controller& c = *controllers_[index];
  if (!c.alive()) return;
  c.inbox.push_back(std::move(input));
  if (std::exchange(c.delivery_planned, true)) return;
  At(std::max(now_, c.paused_until), [this, index] {
    controllers_[index]->delivery_planned = false;
    Deliver(index);
  });
}

void World::Deliver(std::size_t index) {
  Controller& c = *controllers_[index];
  if (!c.alive()) return;
  if (c.paused_until > now_) {
    if (!std::exchange(c.delivery_planned, true)) {
      At(c.paused_until, [this, index] {
        controllers_[index]->delivery_planned = false;
        Deliver(index);
      });
    }
    return;
  }
  while (c.alive() && !c.inbox.empty() && outcome_.broken.empty()) {
    const controller::Input input = std::move(c.inbox.front());
    c.inbox.pop_front();
    controller::StepOutput output = c.core->Step(input, now_ + c.skew);
    ++outcome_.steps;
    const std::uint64_t life = c.life;
    for (controller::Action& action : output.actions) {
      // A crash at any step: some of its actions were carried out, others never will be.
      if (settings_.chaos && !calm_ && random_.Chance(0.0004)) Crash(index);
      if (c.life != life) break;
      Perform(index, std::move(action));
    }
    if (c.life == life && output.wake) Wake(index, *output.wake - c.skew);
  }
  // A leader that slept through its lease steps down, and ends, when it has done what was in its hands.
  if (c.alive() && c.told_leading && lease_holder_ != index) Crash(index);
}

void World::Wake(std::size_t index, Time when) {
  Controller& c = *controllers_[index];
  when = std::max(when, now_ + std::chrono::milliseconds(50));
  if (c.wake && *c.wake <= when && *c.wake > now_) return;
  c.wake = when;
  const std::uint64_t life = c.life;
  At(when, [this, index, life, when] {
    Controller& then = *controllers_[index];
    if (then.life != life || then.wake != when) return;
    then.wake.reset();
    Give(index, controller::Tick{});
  });
}

void World::Perform(std::size_t index, controller::Action action) {
  using namespace controller;
  if (auto* observe = std::get_if<Observe>(&action)) {
    Look(index, observe->request);
  } else if (auto* create = std::get_if<CreateBaseline>(&action)) {
    Create(index, *create);
  } else if (auto* write = std::get_if<WriteBaseline>(&action)) {
    Write(index, *write);
  } else if (auto* remove = std::get_if<DeleteBaseline>(&action)) {
    Delete(index, *remove);
  } else if (auto* policy = std::get_if<controller::WritePolicy>(&action)) {
    WritePolicy(index, *policy);
  } else if (auto* read = std::get_if<ReadBaseline>(&action)) {
    Read(index, *read);
  } else if (auto* event = std::get_if<EmitEvent>(&action)) {
    ++outcome_.events;
    Say("controller " + std::to_string(index) + " Event " + event->reason + ": " + event->note);
    promises_->OnEvent(index, *event);
  } else if (auto* line = std::get_if<LogLine>(&action)) {
    if (settings_.verbose) {
      std::string text = "controller " + std::to_string(index) + " log " + line->message;
      for (const auto& [key, value] : line->fields) text += " " + key + "=" + value;
      Say(text);
    }
  }
}

Outcome World::Run() {
  controllers_.push_back(std::make_unique<Controller>());
  controllers_.push_back(std::make_unique<Controller>());
  Begin();
  Start(0);
  Start(1);
  const Time end = calm_from_ + std::chrono::hours(24) * kCalmDays;
  while (!agenda_.empty() && outcome_.broken.empty()) {
    std::pop_heap(agenda_.begin(), agenda_.end());
    const Timed next = std::move(agenda_.back());
    agenda_.pop_back();
    if (next.when > end) break;
    now_ = std::max(now_, next.when);
    if (!calm_ && now_ >= calm_from_) Calm();
    next.what();
  }
  now_ = end;
  if (outcome_.broken.empty()) promises_->AtTheEnd();
  return outcome_;
}

}  // namespace plimsoll::simulation
