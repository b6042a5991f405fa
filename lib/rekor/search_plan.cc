#include "rekor/search_plan.h"

#include <algorithm>
#include <map>

#include "base/digest.h"
#include "base/encoding.h"
#include "sigstore/payload.h"

namespace plimsoll::rekor {
namespace {

constexpr std::string_view kSha256 = "sha256:";

using Annotations = std::map<std::string, std::string>;

class Planner {
 public:
  explicit Planner(const Subject& subject) : subject_(subject) {
    references_.push_back(sigstore::CosignReference(subject.repository));
    for (const std::string& alias : subject.aliases) {
      if (references_.size() > kMaxAliases) break;
      references_.push_back(sigstore::CosignReference(alias));
    }
    tags_ = subject.tags;
    if (tags_.size() > kMaxTags) tags_.resize(kMaxTags);
  }

  SearchPlan Plan() && {
    if (subject_.bundle_first) {
      AddDigest();
      AddClassic({});
    } else {
      AddClassic({});
      AddDigest();
    }
    // An index that was filled again lost the digests and kept these.
    for (const std::string& statement : sigstore::BundleStatementCandidates(subject_.digest)) {
      AddPayload(statement);
    }
    for (std::size_t i = 0; i < std::min(subject_.templates.size(), kMaxTemplates); ++i) {
      AddTemplate(subject_.templates[i]);
    }
    AddClassic({{"creator", "OBS"}});
    for (const std::string& tag : tags_) {
      AddClassic({{"tag", tag}});
      // --sign-container-identity, and what signs a reference with its tag.
      for (const std::string& reference : references_) {
        AddPayload(sigstore::SimpleSigningPayload(reference + ":" + tag, subject_.digest));
      }
    }
    return std::move(plan_);
  }

 private:
  void AddTerm(std::string term) {
    if (std::find(plan_.terms.begin(), plan_.terms.end(), term) == plan_.terms.end()) {
      plan_.terms.push_back(std::move(term));
    }
  }
  void AddDigest() { AddTerm(subject_.digest.substr(kSha256.size())); }
  void AddPayload(std::string payload) {
    AddTerm(Sha256Hex(AsBytes(payload)));
    plan_.payloads.push_back(std::move(payload));
  }
  void AddClassic(const Annotations& annotations) {
    for (const std::string& reference : references_) {
      AddPayload(sigstore::SimpleSigningPayload(reference, subject_.digest, annotations));
    }
  }

  void AddTemplate(const AnnotationTemplate& made) {
    const bool names_a_tag =
        std::any_of(made.begin(), made.end(), [](const auto& entry) { return !entry.second; });
    if (!names_a_tag) return AddClassic(Fill(made, ""));
    for (const std::string& tag : tags_) AddClassic(Fill(made, tag));
  }
  static Annotations Fill(const AnnotationTemplate& made, const std::string& tag) {
    Annotations annotations;
    for (const auto& [key, value] : made) annotations[key] = value.value_or(tag);
    return annotations;
  }

  const Subject& subject_;
  std::vector<std::string> references_;
  std::vector<std::string> tags_;
  SearchPlan plan_;
};

}  // namespace

AnnotationTemplate TemplateOf(const std::map<std::string, std::string>& annotations,
                              const std::vector<std::string>& tags) {
  AnnotationTemplate made;
  for (const auto& [key, value] : annotations) {
    const bool is_tag = std::find(tags.begin(), tags.end(), value) != tags.end();
    made[key] = is_tag ? std::nullopt : std::optional(value);
  }
  return made;
}

SearchPlan PlanSearch(const Subject& subject) {
  const bool known = subject.digest.starts_with(kSha256) &&
                     IsLowerHex(std::string_view(subject.digest).substr(kSha256.size()), 64);
  if (!known) return {};
  return Planner(subject).Plan();
}

}  // namespace plimsoll::rekor
