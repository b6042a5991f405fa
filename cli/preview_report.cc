#include "cli/preview_report.h"

#include <algorithm>
#include <set>

#include "api/admission_finding.h"
#include "api/short_text.h"
#include "base/printable.h"

namespace plimsoll::cli {
namespace {

using baseline::Admission;

std::string VerdictOf(const Previewed& previewed) {
  switch (previewed.verdict.verdict) {
    case Admission::kDeny:
      return "refused";
    case Admission::kWarn:
      return "warning";
    case Admission::kAdmit:
      return "admitted";
  }
  return "";
}

// Why, in a word or two.
std::string WhyOf(const Previewed& previewed) {
  if (previewed.repository.empty()) return "no image reference";
  std::string why = api::KindOf(previewed.verdict);
  if (previewed.verdict.severity)
    why +=
        *previewed.verdict.severity == baseline::Severity::kCritical ? " (critical)" : " (warning)";
  if (!why.empty()) return why;
  if (!previewed.known_repository) return "repository not seen yet";
  return previewed.verdict.classified.continuous ? "continues the baseline" : "nothing against it";
}

std::string UsersOf(const PreviewImage& image, bool wide) {
  if (image.users.empty()) return "";
  std::string text;
  if (wide) {
    for (const std::string& user : image.users) text += (text.empty() ? "" : ", ") + user;
    return text;
  }
  text = image.users.front();
  if (image.users.size() > 1) text += " and " + std::to_string(image.users.size() - 1) + " more";
  return text;
}

std::string TableOf(const std::vector<Previewed>& all, bool wide) {
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "VERDICT", "WHY", "USED BY"}};
  if (wide) rows[0].insert(rows[0].begin() + 1, "DIGEST");
  for (const Previewed& previewed : all) {
    std::vector<std::string> row = {Printable(previewed.image.image, wide ? 1024 : 96),
                                    VerdictOf(previewed), WhyOf(previewed),
                                    UsersOf(previewed.image, wide)};
    if (wide) row.insert(row.begin() + 1, api::ShortDigest(previewed.digest));
    rows.push_back(std::move(row));
  }
  return Columns(rows);
}

template <class Fits, class Text>
std::string Section(const std::string& head, const std::vector<Previewed>& all, const Fits& fits,
                    const Text& text) {
  std::string out;
  for (const Previewed& previewed : all)
    if (fits(previewed)) out += "  " + text(previewed) + "\n";
  return out.empty() ? out : "\n" + head + "\n" + out;
}

}  // namespace

PreviewCounts CountsOf(const std::vector<Previewed>& all) {
  PreviewCounts counts;
  for (const Previewed& previewed : all) {
    const Admission verdict = previewed.verdict.verdict;
    ++(verdict == Admission::kDeny   ? counts.refused
       : verdict == Admission::kWarn ? counts.warned
                                     : counts.admitted);
  }
  return counts;
}

std::vector<std::string> CredentialNeededOf(const std::vector<Previewed>& all) {
  std::set<std::string> repositories;
  for (const Previewed& previewed : all)
    if (previewed.credential_needed && previewed.known_repository)
      repositories.insert(previewed.repository);
  return {repositories.begin(), repositories.end()};
}

std::string PreviewText(const std::vector<Previewed>& all, const std::string& scope, bool wide,
                        const Paint& paint) {
  if (all.empty()) return scope + ": no images\n";
  const PreviewCounts counts = CountsOf(all);
  std::string text =
      scope + ": " + api::Counted(all.size(), "image") + "; in a namespace that denies ";
  text += paint(std::to_string(counts.refused) + " refused",
                counts.refused > 0 ? Colour::kRed : Colour::kGreen);
  text += ", " + std::to_string(counts.warned) + " with a warning, " +
          std::to_string(counts.admitted) + " admitted\n\n" + TableOf(all, wide);
  text += Section(
      "Refused, with what a person would read", all,
      [](const Previewed& p) { return p.verdict.verdict == Admission::kDeny; },
      [](const Previewed& p) { return p.text; });
  if (wide) {
    text += Section(
        "Warnings", all, [](const Previewed& p) { return p.verdict.verdict == Admission::kWarn; },
        [](const Previewed& p) { return p.text; });
  }
  text += Section(
      "Never judged in this cluster so far (run them once, or let admission look them up)", all,
      [](const Previewed& p) { return p.never_judged && !p.repository.empty(); },
      [](const Previewed& p) { return Printable(p.image.image, 1024); });
  text += Section(
      "No answer of the registry just now", all,
      [](const Previewed& p) { return !p.unanswered.empty() && !p.credential_needed; },
      [](const Previewed& p) { return Printable(p.image.image, 1024) + ": " + p.unanswered; });
  const std::vector<std::string> needed = CredentialNeededOf(all);
  if (!needed.empty()) {
    text +=
        "\nCredentialNeeded: Plimsoll cannot read these repositories, so their next image would be "
        "refused until it "
        "has\nrun once in a namespace that does not deny. Give Plimsoll a docker config for the "
        "host.\n";
    for (const std::string& repository : needed) text += "  " + repository + "\n";
  }
  return text;
}

void PreviewJson(json::Writer& w, const std::vector<Previewed>& all) {
  w.BeginObject();
  w.Key("images");
  w.BeginArray();
  for (const Previewed& previewed : all) {
    w.BeginObject();
    w.Member("image", previewed.image.image);
    w.MemberIfSet("repository", previewed.repository);
    w.MemberIfSet("digest", previewed.digest);
    w.Member("verdict", baseline::ToText(previewed.verdict.verdict));
    w.MemberIfSet("kind", api::KindOf(previewed.verdict));
    if (previewed.verdict.severity)
      w.Member("severity", baseline::ToText(*previewed.verdict.severity));
    w.MemberIfSet("fingerprint", previewed.verdict.fingerprint);
    w.MemberIfSet("message", previewed.text);
    w.Member("posture", baseline::ToText(previewed.verdict.classified.posture));
    w.Member("neverJudged", previewed.never_judged);
    w.Member("credentialNeeded", previewed.credential_needed);
    w.MemberIfSet("unanswered", previewed.unanswered);
    w.Key("usedBy");
    w.BeginArray();
    for (const std::string& user : previewed.image.users) w.String(user);
    w.EndArray();
    w.EndObject();
  }
  w.EndArray();
  w.Key("credentialNeeded");
  w.BeginArray();
  for (const std::string& repository : CredentialNeededOf(all)) w.String(repository);
  w.EndArray();
  const PreviewCounts counts = CountsOf(all);
  w.Key("summary");
  w.BeginObject();
  w.Member("images", all.size());
  w.Member("refused", counts.refused);
  w.Member("warned", counts.warned);
  w.Member("admitted", counts.admitted);
  w.EndObject();
  w.EndObject();
}

}  // namespace plimsoll::cli
