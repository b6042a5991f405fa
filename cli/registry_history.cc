#include "cli/registry_history.h"

#include <algorithm>
#include <tuple>

namespace plimsoll::cli {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "sha256-<hex>", with or without ".sig", ".att", ".sbom": signatures and referrers, no images.
bool HoldsSignatures(std::string_view tag) {
  return tag.starts_with("sha256-") || tag.starts_with("sha512-");
}

// As versions are read: 1.9 before 1.10.
bool EarlierVersion(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  const auto number = [](std::string_view text, std::size_t& at) {
    while (at < text.size() && text[at] == '0') ++at;
    const std::size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      const std::string_view left = number(a, i);
      const std::string_view right = number(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return std::tuple(a.size() - i, a) < std::tuple(b.size() - j, b);
}

// Reproducible builds write the epoch, 1980 or nothing.
bool SaysSomething(Time time) {
  return time >= Time(std::chrono::sys_days(std::chrono::year(2000) / 1 / 1));
}

void EarliestOf(const baseline::Observation& observation, std::optional<Time>* earliest) {
  for (const baseline::ObservedSigner& signer : observation.signers) {
    if (signer.verified_time && (!*earliest || *signer.verified_time < **earliest))
      *earliest = signer.verified_time;
  }
}

const std::string& FirstTag(const TaggedImage& image) {
  static const std::string kNone;
  return image.tags.empty() ? kNone : image.tags.front();
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class Writer {
 public:
  Writer(const std::string& repository, RegistryHistory& history)
      : repository_(repository), history_(history) {}

  void Look(const TaggedImage& image, Time time, bool running, const std::string& name) {
    baseline::ReplayObservation observed;
    observed.repository = repository_;
    observed.observation = image.observation;
    observed.observation.digest = image.digest;
    observed.running = running;
    baseline::ReplayEvent event;
    event.line = history_.events.size() + 1;
    event.time = time;
    event.what = std::move(observed);
    history_.events.push_back(std::move(event));
    history_.names.push_back(name);
  }

 private:
  const std::string& repository_;
  RegistryHistory& history_;
};

}  // namespace

std::vector<std::string> ImageTags(std::vector<std::string> tags, std::size_t most) {
  std::erase_if(tags, HoldsSignatures);
  std::sort(tags.begin(), tags.end(), EarlierVersion);
  if (tags.size() > most) tags.erase(tags.begin(), tags.end() - static_cast<std::ptrdiff_t>(most));
  return tags;
}

std::optional<Time> CameAt(const TaggedImage& image) {
  std::optional<Time> earliest;
  EarliestOf(image.observation, &earliest);
  for (const baseline::Observation& child : image.observation.children)
    EarliestOf(child, &earliest);
  if (!earliest && image.built && SaysSomething(*image.built)) earliest = image.built;
  return earliest ? std::optional<Time>(WholeSeconds(*earliest)) : std::nullopt;
}

RegistryHistory HistoryOf(const std::string& repository, const std::vector<TaggedImage>& images,
                          const baseline::Durations& durations) {
  RegistryHistory history;
  std::vector<std::pair<Time, const TaggedImage*>> order;
  for (const TaggedImage& image : images) {
    if (const auto time = CameAt(image)) {
      order.emplace_back(*time, &image);
    } else {
      history.left_out.push_back(Joined(image.tags));
    }
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    // Times are whole seconds, and a pipeline releases several versions within one.
    const std::string& left = FirstTag(*a.second);
    const std::string& right = FirstTag(*b.second);
    return left != right ? EarlierVersion(left, right) : a.second->digest < b.second->digest;
  });
  const Duration grace =
      std::max(durations.signing_grace, durations.confirm_after) + std::chrono::seconds(1);
  Writer writer(repository, history);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& [time, image] = order[i];
    if (i > 0) writer.Look(*order[i - 1].second, time, false, "");
    writer.Look(*image, time, true, Joined(image->tags));
    const bool next_is_sooner = i + 1 < order.size() && order[i + 1].first <= time + grace;
    if (!next_is_sooner) writer.Look(*image, time + grace, true, "");
  }
  return history;
}

}  // namespace plimsoll::cli
