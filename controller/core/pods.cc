// Which Pods run which images: Pods come and go, uses with them.
#include <algorithm>

#include "api/names.h"
#include "controller/core/state.h"
#include "oci/reference.h"

namespace plimsoll::controller {
namespace {

constexpr std::string_view kVolumeTag = "tag:";

std::string KeyOf(const RunningImage& image) {
  return image.digest.empty() ? std::string(kVolumeTag) + image.tag : image.digest;
}

// An image that a baseline is kept for. NoManifestDigest is one: it is known to run, and nobody can be asked.
bool HasBaseline(const RunningImage& image) {
  if (image.repository.empty()) return false;
  if (image.unjudged == oci::kNoManifestDigest) return !image.digest.empty();
  return image.unjudged.empty();
}

const api::PodContainer* ContainerOf(const api::Pod& pod, const std::string& name) {
  const auto found =
      std::find_if(pod.containers.begin(), pod.containers.end(),
                   [&](const api::PodContainer& c) { return c.name.view() == name; });
  return found == pod.containers.end() ? nullptr : &*found;
}

}  // namespace

// The creation of the Pod, or now for an image that came into a Pod that we knew without it: it must never be
// earlier than the truth.
Time Core::State::SinceWhen(const PodEntry* before, const api::Pod& pod,
                            const RunningImage& image) const {
  const api::PodContainer* container = image.volume ? nullptr : ContainerOf(pod, image.container);
  if (container != nullptr && container->list == api::ContainerList::kEphemeral) return now;
  if (before == nullptr) return pod.created;
  if (image.volume) return pod.created;  // volumes of a Pod never change
  const api::PodContainer* earlier = ContainerOf(*before->pod, image.container);
  if (earlier == nullptr || !(earlier->image == container->image)) return now;
  return pod.created;
}

Repo& Core::State::RepoFor(const RunningImage& image) {
  auto& repo = repos[image.repository];
  if (!repo) {
    repo = std::make_unique<Repo>();
    repo->key = image.repository;
    repo->host = image.host;
    repo->name = api::BaselineName(image.repository);
    repo_of_name[repo->name] = repo->key;
  }
  if (!repo->first_seen) repo->first_seen = WholeSeconds(now);
  return *repo;
}

Item& Core::State::ItemFor(Repo& repo, const RunningImage& image) {
  auto& item = repo.items[KeyOf(image)];
  if (!item) {
    item = std::make_unique<Item>();
    item->id = next_id++;
    item->repo = &repo;
    item->key = KeyOf(image);
    item->digest = image.digest;
    item->by_volume_tag = image.digest.empty();
    item->unjudged = image.unjudged;
    items[item->id] = item.get();
  }
  return *item;
}

bool Core::State::WasJudged(const Repo& repo, const std::string& digest) const {
  const baseline::Record* record = repo.current();
  if (record == nullptr) return false;
  if (const auto* image = baseline::FindImage(*record, digest)) {
    return image->posture != baseline::Posture::kUnknown;
  }
  return baseline::FindRemembered(*record, digest) != nullptr;
}

void Core::State::RemoveUses(PodEntry& entry) {
  unjudged_uses -= entry.unjudged;
  entry.unjudged = 0;
  for (Item* item : entry.items) {
    const bool had = !item->uses.empty();
    std::erase_if(item->uses, [&](const Use& use) { return use.pod == entry.pod; });
    if (had && item->uses.empty()) MarkForStep(*item->repo);
  }
}

void Core::State::On(const PodChanged& input) {
  const std::shared_ptr<const api::Pod>& pod = input.pod;
  if (!pod || pod->uid.empty()) return;
  const auto found = pods.find(pod->uid);
  std::optional<PodEntry> before;
  // A list again: there is nothing new in it.
  if (found != pods.end() && (found->second.pod == pod || *found->second.pod == *pod)) return;
  if (found != pods.end()) before = std::move(found->second);

  PodEntry entry;
  entry.pod = pod;
  for (RunningImage& image : RunningImagesOf(*pod)) {
    if (!image.unjudged.empty() || image.repository.empty()) ++entry.unjudged;
    if (!HasBaseline(image)) continue;
    Repo& repo = RepoFor(image);
    // An ended Pod whose image has been judged tells only that it ran.
    if (pod->ended() && WasJudged(repo, image.digest)) {
      const baseline::Record& record = *repo.current();
      const auto* known = baseline::FindImage(record, image.digest);
      const auto* remembered = baseline::FindRemembered(record, image.digest);
      const auto last = known != nullptr        ? known->last_running_time
                        : remembered != nullptr ? remembered->last_running_time
                                                : std::nullopt;
      if (last && pod->created > *last) {
        AddSeen(repo, image.digest, pod->created, !image.tag.empty());
      }
      continue;
    }
    Item& item = ItemFor(repo, image);
    Use use;
    use.pod = pod;
    use.since = SinceWhen(before ? &*before : nullptr, *pod, image);
    use.field_path = std::move(image.field_path);
    use.container = std::move(image.container);
    if (before) {
      for (const Use& earlier : item.uses) {
        if (earlier.pod == before->pod && earlier.container == use.container)
          use.since = earlier.since;
      }
    }
    use.tag = std::move(image.tag);
    use.image_id = std::move(image.image_id);
    use.spec_image = std::move(image.spec_image);
    const bool first = item.uses.empty();
    item.uses.push_back(std::move(use));
    if (std::find(entry.items.begin(), entry.items.end(), &item) == entry.items.end()) {
      entry.items.push_back(&item);
    }
    MarkForStep(repo);
    if (first && active()) ScheduleItem(item);
  }
  unjudged_uses += entry.unjudged;
  std::vector<Item*> left;
  if (before) {
    RemoveUses(*before);
    for (Item* item : before->items) {
      if (item->uses.empty()) left.push_back(item);
    }
  }
  pods[pod->uid] = std::move(entry);
  for (Item* item : left) DropItemIfIdle(*item);
}

void Core::State::On(const PodGone& input) {
  const auto found = pods.find(input.uid);
  if (found == pods.end()) return;
  PodEntry entry = std::move(found->second);
  pods.erase(found);
  RemoveUses(entry);
  for (Item* item : entry.items) {
    if (!item->uses.empty()) continue;
    // What went before it could be noted is noted now: it will be judged all the same.
    const baseline::Record* record = item->repo->current();
    const bool noted =
        record != nullptr && (baseline::FindImage(*record, item->digest) != nullptr ||
                              baseline::FindRemembered(*record, item->digest) != nullptr);
    if (!noted && !item->digest.empty()) {
      AddSeen(*item->repo, item->digest, entry.pod->created, false);
    }
    DropItemIfIdle(*item);
  }
}

void Core::State::On(const PlatformsChanged& input) {
  if (*platforms == input.platforms) return;
  platforms = std::make_shared<const std::vector<std::string>>(input.platforms);
}

void Core::State::DropEndedUses(Item& item) {
  std::vector<std::string> uids;
  for (const Use& use : item.uses) {
    if (use.pod->ended()) uids.push_back(use.pod->uid);
  }
  if (uids.empty()) return;
  std::erase_if(item.uses, [](const Use& use) { return use.pod->ended(); });
  for (const std::string& uid : uids) {
    const auto found = pods.find(uid);
    if (found != pods.end()) std::erase(found->second.items, &item);
  }
  MarkForStep(*item.repo);
}

void Core::State::AddSeen(Repo& repo, const std::string& digest, Time created, bool by_tag) {
  const auto same =
      std::find_if(repo.seen.begin(), repo.seen.end(),
                   [&](const baseline::RunningDigest& seen) { return seen.digest == digest; });
  if (same != repo.seen.end()) {
    same->pod_created = std::max(same->pod_created, WholeSeconds(created));
    same->started_by_tag = same->started_by_tag || by_tag;
  } else {
    repo.seen.push_back({digest, WholeSeconds(created), false, by_tag, {}});
  }
  MarkForStep(repo);
}

// Its next answer matters although no Pod runs it: never judged, a confirmation is pending, or it shows a drift.
bool Core::State::IsWanted(const Repo& repo, const std::string& digest) const {
  const baseline::Record* record = repo.current();
  if (record == nullptr) return true;
  if (baseline::AttentionOf(*record, digest) == baseline::Attention::kRegular) return false;
  const auto* image = baseline::FindImage(*record, digest);
  const auto* remembered = baseline::FindRemembered(*record, digest);
  const auto last = image != nullptr        ? image->last_running_time
                    : remembered != nullptr ? remembered->last_running_time
                                            : std::nullopt;
  return !last || now - *last <= settings.durations.end_after;
}

// An item that nothing runs stays while its answer is still wanted: never judged, pending, or a drift.
void Core::State::DropItemIfIdle(Item& item) {
  if (!item.uses.empty()) return;
  Repo& repo = *item.repo;
  if (active() && !item.by_volume_tag && item.unjudged.empty()) {
    if (IsWanted(repo, item.digest)) return;
  }
  scheduler->Remove(item.id);
  items.erase(item.id);
  const std::string repo_key = repo.key;
  repo.items.erase(item.key);
  MarkForStep(repo);
  if (!active()) DropRepoIfIdle(repo_key);
}

void Core::State::DropRepoIfIdle(const std::string& key) {
  const auto found = repos.find(key);
  if (found == repos.end()) return;
  Repo& repo = *found->second;
  if (!repo.items.empty() || repo.stored || repo.flight != Flight::kNone || repo.work ||
      repo.refreshing)
    return;
  SetWake(repo, std::nullopt);
  Unqueue(repo);
  repo_of_name.erase(repo.name);
  repos.erase(found);
}

}  // namespace plimsoll::controller
