#include "baseline/observation.h"

#include <algorithm>

namespace plimsoll::baseline {

Posture ShownPosture(const Observation& observation) {
  if (observation.children.empty()) return observation.posture;
  Posture worst = Posture::kSignedKeyless;
  for (const Observation& child : observation.children) worst = Worst(worst, child.posture);
  return worst;
}

std::string NormaliseRepository(std::string_view reference) {
  const auto at = reference.find('@');
  if (at != std::string_view::npos) reference = reference.substr(0, at);
  const auto slash = reference.find('/');
  const auto colon = reference.rfind(':');
  // A colon after the last slash is a tag's; "host:5000" alone is a name with a tag, too.
  if (colon != std::string_view::npos && reference.find('/', colon) == std::string_view::npos) {
    reference = reference.substr(0, colon);
  }
  std::string_view first =
      slash == std::string_view::npos ? std::string_view() : reference.substr(0, slash);
  const bool has_host =
      first.find('.') != std::string_view::npos || first.find(':') != std::string_view::npos ||
      first == "localhost" ||
      std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  std::string host = has_host ? std::string(first) : "docker.io";
  std::string path(has_host ? reference.substr(slash + 1) : reference);
  std::transform(host.begin(), host.end(), host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (host.ends_with(":443")) host.resize(host.size() - 4);
  if (host == "index.docker.io" || host == "registry-1.docker.io") host = "docker.io";
  if (host == "docker.io" && path.find('/') == std::string::npos) path.insert(0, "library/");
  return host + '/' + path;
}

}  // namespace plimsoll::baseline
