#include "api/admission_text.h"

#include <algorithm>

#include "api/short_text.h"
#include "base/printable.h"

namespace plimsoll::api {
namespace {

constexpr std::size_t kMaxContainer = 63;
constexpr std::size_t kImagesNamed = 3;

std::string ImageOf(const ImageFinding& finding, std::size_t max_repository) {
  std::string image = Shortened(finding.repository, max_repository);
  if (!finding.digest.empty()) image += "@" + ShortDigest(finding.digest);
  return image;
}

std::string KindOf(const ImageFinding& finding) {
  std::string text = "(" + finding.kind;
  if (!finding.severity.empty()) text += ", " + finding.severity;
  return text + ")";
}

// Sentences in order; the first that does not fit ends the text.
class Sentences {
 public:
  explicit Sentences(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  void Add(std::string_view separator, std::string_view text) {
    if (text.empty() || full_) return;
    const std::string safe = PrintableAscii(text, 4'096);
    const std::size_t before = text_.empty() ? 0 : separator.size();
    if (text_.size() + before + safe.size() > max_bytes_) {
      full_ = true;
      return;
    }
    if (before != 0) text_ += separator;
    text_ += safe;
  }
  std::string Take() { return std::move(text_); }

 private:
  const std::size_t max_bytes_;
  bool full_ = false;
  std::string text_;
};

std::string Prefixed(std::string_view prefix, const std::string& text) {
  return text.empty() ? std::string() : std::string(prefix) + text;
}

}  // namespace

std::string AcceptCommand(const std::string& repository, const std::string& kind,
                          const std::string& fingerprint) {
  return "kubectl plimsoll accept " + repository + " " + kind + " " + fingerprint +
         " --expires 14d --reason TEXT";
}

std::string ExplainCommand(const std::string& repository) {
  return "kubectl plimsoll explain " + repository;
}

std::string DenialText(const std::vector<ImageFinding>& findings) {
  if (findings.empty()) return {};
  const ImageFinding& first = findings.front();
  Sentences text(kMaxDenial);
  text.Add("", "container \"" + Shortened(first.container, kMaxContainer) +
                   "\": " + ImageOf(first, 511) + " " + first.statement + " " + KindOf(first));
  text.Add(". ", Prefixed("Expected: ", first.expected));
  text.Add(". ", Prefixed("Seen: ", first.seen));
  text.Add(". ", first.next_step);
  if (!first.fingerprint.empty()) {
    text.Add(". ", "To accept: " + AcceptCommand(first.repository, first.kind, first.fingerprint));
  }
  text.Add(". ", "Help: " + ExplainCommand(first.repository));
  for (std::size_t i = 1; i < std::min(findings.size(), kImagesNamed); ++i) {
    const ImageFinding& other = findings[i];
    text.Add(i == 1 ? ". Also: " : ", ",
             "\"" + Shortened(other.container, kMaxContainer) + "\" " + other.kind +
                 (other.fingerprint.empty() ? "" : " " + other.fingerprint));
  }
  if (findings.size() > kImagesNamed) {
    text.Add(" ", "and " + std::to_string(findings.size() - kImagesNamed) + " more");
  }
  return text.Take();
}

std::string WarningText(const ImageFinding& finding) {
  const std::string tail = " " + finding.statement + " (" + finding.kind + ")";
  const std::string head = "\"" + Shortened(finding.container, kMaxContainer) + "\": ";
  constexpr std::size_t kDigestBytes = 24;
  const std::size_t used = head.size() + kDigestBytes + tail.size();
  const std::size_t room = used + 16 < kMaxWarning ? kMaxWarning - used : 16;
  Sentences text(kMaxWarning);
  text.Add("", head + ImageOf(finding, room) + tail);
  text.Add("; ", Prefixed("expected ", finding.expected_short));
  if (finding.by_tag) text.Add("; ", "only a digest in the spec is enforced");
  text.Add("; ", ExplainCommand(finding.repository));
  return text.Take();
}

}  // namespace plimsoll::api
