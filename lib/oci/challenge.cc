#include "challenge.h"

#include <algorithm>
#include <utility>

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxFieldBytes = 16u << 10;
constexpr std::size_t kMaxChallenges = 8;
constexpr std::size_t kMaxParameters = 16;
constexpr std::size_t kMaxValue = 2u << 10;
constexpr std::size_t kMaxScope = 1u << 10;

bool IsTokenChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Walks a field value from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  void Skip(std::string_view any) {
    while (!AtEnd() && any.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void Advance() { ++at_; }
  std::string_view Token() {
    const auto start = at_;
    while (!AtEnd() && IsTokenChar(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  // Up to the next character of `stop`.
  std::string_view Until(std::string_view stop) {
    const auto start = at_;
    while (!AtEnd() && stop.find(text_[at_]) == std::string_view::npos) ++at_;
    return text_.substr(start, at_ - start);
  }
  // A quoted-string after its opening quote. Nothing when it does not end.
  std::optional<std::string> Quoted() {
    std::string out;
    while (!AtEnd()) {
      char c = text_[at_++];
      if (c == '"') return out;
      if (c == '\\' && !AtEnd()) c = text_[at_++];
      out += c;
    }
    return std::nullopt;
  }
  std::size_t position() const { return at_; }
  void Return(std::size_t position) { at_ = position; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::string> ReadValue(Scanner& scan) {
  if (scan.Take('"')) return scan.Quoted();
  return std::string(scan.Until(", \t"));
}

// The parameters of one challenge, up to the next scheme. False when the field cannot be read on.
bool ReadParameters(Scanner& scan, Challenge& challenge) {
  while (true) {
    scan.Skip(" \t,");
    const auto start = scan.position();
    const auto name = scan.Token();
    if (name.empty()) return scan.AtEnd();
    scan.Skip(" \t");
    if (!scan.Take('=')) {
      scan.Return(start);  // the next scheme
      return true;
    }
    scan.Skip(" \t");
    auto value = ReadValue(scan);
    if (!value) return false;
    if (value->size() <= kMaxValue && challenge.parameters.size() < kMaxParameters) {
      challenge.parameters.emplace(Lower(name), std::move(*value));
    }
  }
}

}  // namespace

std::vector<Challenge> ParseChallenges(const std::vector<std::string_view>& fields) {
  std::vector<Challenge> challenges;
  std::size_t bytes = 0;
  for (const auto field : fields) {
    bytes += field.size();
    if (bytes > kMaxFieldBytes) break;
    Scanner scan(field);
    while (challenges.size() < kMaxChallenges) {
      scan.Skip(" \t,");
      const auto scheme = scan.Token();
      if (scheme.empty()) break;
      Challenge challenge;
      challenge.scheme = Lower(scheme);
      const bool readable = ReadParameters(scan, challenge);
      challenges.push_back(std::move(challenge));
      if (!readable || scan.AtEnd()) break;
    }
  }
  return challenges;
}

std::string PullScope(const std::string& path) { return "repository:" + path + ":pull"; }

std::optional<std::string> ReducedScope(std::string_view scope) {
  if (scope.size() > kMaxScope) return std::nullopt;
  // Several scopes stand side by side; the first for a repository is the one that was missing.
  while (!scope.empty()) {
    const auto space = scope.find(' ');
    const auto one = scope.substr(0, space);
    scope = space == std::string_view::npos ? std::string_view{} : scope.substr(space + 1);
    const auto last = one.rfind(':');
    constexpr std::string_view kPrefix = "repository:";
    if (!one.starts_with(kPrefix) || last == std::string_view::npos || last <= kPrefix.size())
      continue;
    const auto name = one.substr(kPrefix.size(), last - kPrefix.size());
    const bool clean = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("/._-:").find(c) != std::string_view::npos;
    });
    if (clean) return PullScope(std::string(name));
  }
  return std::nullopt;
}

std::optional<std::string> NextLink(const std::vector<std::string_view>& fields) {
  for (const auto field : fields) {
    if (field.size() > kMaxFieldBytes) continue;
    Scanner scan(field);
    while (!scan.AtEnd()) {
      scan.Skip(" \t,");
      if (!scan.Take('<')) break;
      const std::string target(scan.Until(">"));
      if (!scan.Take('>')) break;
      bool next = false;
      while (true) {
        scan.Skip(" \t");
        if (!scan.Take(';')) break;
        scan.Skip(" \t");
        const auto name = Lower(scan.Token());
        scan.Skip(" \t");
        if (!scan.Take('=')) continue;
        scan.Skip(" \t");
        const auto value = scan.Take('"') ? scan.Quoted() : std::string(scan.Until(",; \t"));
        if (!value) return std::nullopt;
        if (name == "rel" && Lower(*value) == "next") next = true;
      }
      if (next) return target;
      if (!scan.AtEnd() && scan.Peek() != ',') break;
    }
  }
  return std::nullopt;
}

}  // namespace plimsoll::oci
