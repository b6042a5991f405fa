#include "oci/places.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/printable.h"

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxRules = 1'000;
constexpr std::size_t kMaxPattern = 511;

std::size_t CountWildcards(std::string_view pattern) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') continue;
    ++count;
    if (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
  }
  return count;
}

bool IsPattern(std::string_view pattern) {
  return !pattern.empty() && pattern.size() <= kMaxPattern &&
         pattern.find("***") == std::string_view::npos &&
         std::all_of(pattern.begin(), pattern.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  std::string_view("*.:/_-[]").find(c) != std::string_view::npos;
         });
}

// Matches by trying every length for the first wildcard, shortest last, so that a wildcard takes as much as it
// can. Patterns have few wildcards and keys are short; the work is bounded by `steps`.
class Matcher {
 public:
  bool Match(std::string_view pattern, std::string_view text) {
    taken_.clear();
    steps_ = 0;
    return MatchFrom(pattern, text);
  }
  const std::vector<std::string>& taken() const { return taken_; }

 private:
  static constexpr int kMaxSteps = 20'000;

  bool MatchFrom(std::string_view pattern, std::string_view text) {
    if (++steps_ > kMaxSteps) return false;
    const auto star = pattern.find('*');
    const auto literal = pattern.substr(0, star);
    if (!text.starts_with(literal)) return false;
    text.remove_prefix(literal.size());
    if (star == std::string_view::npos) return text.empty();
    pattern.remove_prefix(star + 1);
    const bool deep = pattern.starts_with('*');
    if (deep) pattern.remove_prefix(1);
    const auto longest = deep ? text.size() : std::min(text.find('/'), text.size());
    taken_.emplace_back();
    const auto index = taken_.size() - 1;
    for (std::size_t length = longest + 1; length-- > 0;) {
      taken_.resize(index + 1);
      taken_[index] = text.substr(0, length);
      if (MatchFrom(pattern, text.substr(length))) return true;
    }
    taken_.resize(index);
    return false;
  }

  std::vector<std::string> taken_;
  int steps_ = 0;
};

std::string Substitute(std::string_view target, const std::vector<std::string>& taken) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '*') {
      out += target[i];
      continue;
    }
    if (i + 1 < target.size() && target[i + 1] == '*') ++i;
    if (next < taken.size()) out += taken[next++];
  }
  return out;
}

std::optional<Repository> Target(const std::string& target, const std::vector<std::string>& taken) {
  auto reference = Reference::Parse(Substitute(target, taken));
  if (!reference || reference->digest) return std::nullopt;
  return reference->repository;
}

tl::unexpected<Error> BadRule(std::size_t index, std::string_view field, std::string_view value,
                              std::string_view why) {
  return Fail(kInvalidArgument, "repositories[" + std::to_string(index) + "]." +
                                    std::string(field) + ": \"" + Printable(value) + "\" " +
                                    std::string(why));
}

Status CheckTarget(std::size_t index, std::string_view field, const std::string& value,
                   std::size_t wildcards) {
  if (value.empty()) return {};
  if (!IsPattern(value))
    return BadRule(index, field, value, "is no repository key (wildcards * and ** allowed)");
  if (CountWildcards(value) > wildcards) {
    return BadRule(index, field, value, "has more wildcards than the rule's match");
  }
  const bool names_repository =
      Target(value, std::vector<std::string>(wildcards, "a")).has_value() &&
      value.find('/') != std::string::npos;
  if (!names_repository)
    return BadRule(index, field, value, "is no repository key: expected registry/repository");
  return {};
}

enum class Field { kMirrorOf, kSignatureRepository };

// The first rule that matches and sets the field.
std::optional<Repository> FirstTarget(const std::vector<RepositoryRule>& rules,
                                      const Repository& repository, Field field) {
  const auto key = repository.Key();
  Matcher matcher;
  for (const auto& rule : rules) {
    const auto& target = field == Field::kMirrorOf ? rule.mirror_of : rule.signature_repository;
    if (target.empty() || !matcher.Match(rule.match, key)) continue;
    auto found = Target(target, matcher.taken());
    if (found && *found != repository) return found;
    return std::nullopt;
  }
  return std::nullopt;
}

void AddPlace(std::vector<Place>& places, std::optional<Repository> repository, PlaceRole role) {
  if (!repository) return;
  const bool known = std::any_of(places.begin(), places.end(), [&](const Place& place) {
    return place.repository == *repository;
  });
  if (!known) places.push_back({std::move(*repository), role});
}

}  // namespace

Result<RepositoryRules> RepositoryRules::Make(std::vector<RepositoryRule> rules) {
  if (rules.size() > kMaxRules) {
    return Fail(kInvalidArgument, "repositories: " + std::to_string(rules.size()) +
                                      " rules, at most 1,000 are allowed");
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    if (!IsPattern(rule.match)) {
      return BadRule(i, "match", rule.match, "is no repository key (wildcards * and ** allowed)");
    }
    const auto wildcards = CountWildcards(rule.match);
    PLIMSOLL_TRY(CheckTarget(i, "mirrorOf", rule.mirror_of, wildcards));
    PLIMSOLL_TRY(CheckTarget(i, "signatureRepository", rule.signature_repository, wildcards));
    for (const auto& alias : rule.aliases)
      PLIMSOLL_TRY(CheckTarget(i, "aliases", alias, wildcards));
  }
  RepositoryRules made;
  made.rules_ = std::move(rules);
  return made;
}

std::vector<Place> RepositoryRules::PlacesOf(const Repository& repository) const {
  std::vector<Place> places{{repository, PlaceRole::kImage}};
  AddPlace(places, FirstTarget(rules_, repository, Field::kSignatureRepository),
           PlaceRole::kSignatureRepository);
  if (auto upstream = FirstTarget(rules_, repository, Field::kMirrorOf)) {
    AddPlace(places, upstream, PlaceRole::kUpstream);
    AddPlace(places, FirstTarget(rules_, *upstream, Field::kSignatureRepository),
             PlaceRole::kUpstreamSignatureRepository);
  }
  return places;
}

std::vector<std::string> RepositoryRules::AliasesOf(const Repository& repository) const {
  std::vector<std::string> aliases;
  const auto add = [&](const std::optional<Repository>& found) {
    if (!found || *found == repository) return;
    auto key = found->Key();
    if (std::find(aliases.begin(), aliases.end(), key) == aliases.end())
      aliases.push_back(std::move(key));
  };
  const auto key = repository.Key();
  Matcher matcher;
  for (const auto& rule : rules_) {
    if (rule.aliases.empty() || !matcher.Match(rule.match, key)) continue;
    for (const auto& alias : rule.aliases) add(Target(alias, matcher.taken()));
  }
  add(FirstTarget(rules_, repository, Field::kMirrorOf));
  return aliases;
}

}  // namespace plimsoll::oci
