#include "api/names.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/printable.h"

namespace plimsoll::api {
namespace {

constexpr std::size_t kMaxSegment = 40;
constexpr std::size_t kHashCharacters = 20;
constexpr std::size_t kHashBytes = (kHashCharacters * 5 + 7) / 8;  // what they are made of
constexpr std::size_t kMaxRepository = 511;

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHost(std::string_view host) {
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), IsDigit)) {
      return false;
    }
    host = host.substr(0, colon);
  }
  if (host.empty() || !IsAlnum(host.front()) || !IsAlnum(host.back())) return false;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return IsAlnum(c) || c == '.' || c == '-'; });
}

// [a-z0-9]+([._-]+[a-z0-9]+)*
bool IsSegment(std::string_view segment) {
  if (segment.empty() || !IsAlnum(segment.front()) || !IsAlnum(segment.back())) return false;
  return std::all_of(segment.begin(), segment.end(),
                     [](char c) { return IsAlnum(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

std::string BaselineName(std::string_view repository) {
  const std::size_t slash = repository.rfind('/');
  std::string name(slash == std::string_view::npos ? repository : repository.substr(slash + 1));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!IsAlnum(c)) c = '-';
  }
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  name.resize(std::min(name.size(), kMaxSegment));
  while (!name.empty() && name.back() == '-') name.pop_back();
  if (name.empty()) name = "x";
  const Sha256Digest digest = Sha256(AsBytes(repository));
  name += '-';
  name += Base32LowerEncode(ByteView(digest).first(kHashBytes)).substr(0, kHashCharacters);
  return name;
}

bool IsSupportedRepository(std::string_view repository) {
  if (repository.size() < 3 || repository.size() > kMaxRepository) return false;
  std::size_t slash = repository.find('/');
  if (slash == std::string_view::npos || !IsHost(repository.substr(0, slash))) return false;
  while (slash != std::string_view::npos) {
    const std::size_t next = repository.find('/', slash + 1);
    if (!IsSegment(repository.substr(slash + 1,
                                     next == std::string_view::npos ? next : next - slash - 1))) {
      return false;
    }
    slash = next;
  }
  return true;
}

Status CheckRepository(std::string_view repository, std::string_view object_repository) {
  if (repository == object_repository) return {};
  return Fail(kNameCollision, "SigningBaseline " + BaselineName(repository) + " is about " +
                                  Printable(object_repository) + ", not about " +
                                  Printable(repository) + "; delete it or rename the repository");
}

}  // namespace plimsoll::api
