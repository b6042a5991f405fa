#include "oci/reference.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/printable.h"
#include "host.h"

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxReference = 1'024;
constexpr std::size_t kMaxPath = 255;
constexpr std::size_t kMaxTag = 128;
constexpr std::size_t kMaxKey = 511;  // maxLength of spec.repository in the resource's schema
constexpr std::string_view kDockerHub = "docker.io";
// What a reference's text can have more than what was parsed: its registry, its folder there, its tag.
constexpr std::size_t kMostAdded = std::string_view("docker.io/library/:latest").size();

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerAlnum(char c) { return IsLower(c) || IsDigit(c); }
bool IsAlnum(char c) { return IsLowerAlnum(c) || IsUpper(c); }

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// domain-component of the grammar: letters, digits and hyphens, a hyphen never at an end.
bool IsDomainLabel(std::string_view label) {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return IsAlnum(c) || c == '-'; });
}

bool IsHostName(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    const auto inner = host.substr(1, host.size() - 2);
    return std::all_of(inner.begin(), inner.end(), [](char c) {
      return IsDigit(c) || c == ':' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
  }
  while (true) {
    const auto dot = host.find('.');
    if (!IsDomainLabel(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// path-component: runs of [a-z0-9]+ joined by one of "_", ".", "__" or any number of hyphens.
bool IsPathComponent(std::string_view text) {
  std::size_t i = 0;
  while (true) {
    const auto start = i;
    while (i < text.size() && IsLowerAlnum(text[i])) ++i;
    if (i == start) return false;
    if (i == text.size()) return true;
    const char separator = text[i];
    const auto run = i;
    while (i < text.size() && text[i] == separator) ++i;
    const auto length = i - run;
    const bool joined =
        separator == '-' || (separator == '.' && length == 1) || (separator == '_' && length <= 2);
    if (!joined) return false;
  }
}

bool IsPath(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    if (!IsPathComponent(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

tl::unexpected<Error> Invalid(std::string_view text, std::string_view why) {
  return Fail(kInvalidReference, "\"" + Printable(text) +
                                     "\" is no image reference: " + std::string(why) +
                                     "; expected [registry/]repository[:tag][@sha256:...]");
}

// True when the first segment of a name is a registry by docker's rule.
bool LooksLikeHost(std::string_view segment) {
  return segment.find_first_of(".:") != std::string_view::npos || segment == "localhost" ||
         std::any_of(segment.begin(), segment.end(), IsUpper);
}

Result<Repository> ParseName(std::string_view whole, std::string_view name) {
  Repository repository;
  const auto slash = name.find('/');
  std::string_view path = name;
  if (slash == std::string_view::npos || !LooksLikeHost(name.substr(0, slash))) {
    repository.host = kDockerHub;
  } else {
    auto host = NormalHost(name.substr(0, slash));
    if (!host) return Invalid(whole, "what stands before the first slash is no registry host");
    repository.host = std::move(*host);
    path.remove_prefix(slash + 1);
  }
  if (!IsPath(path)) {
    return Invalid(whole,
                   std::any_of(path.begin(), path.end(), IsUpper)
                       ? "a repository is lower case"
                       : "its repository has a character or an empty part that it may not have");
  }
  repository.path = path;
  if (repository.host == kDockerHub && path.find('/') == std::string_view::npos) {
    repository.path.insert(0, "library/");
  }
  if (repository.path.size() > kMaxPath)
    return Invalid(whole, "its repository is longer than 255 characters");
  return repository;
}

bool IsImageId(std::string_view text) {
  if (text.starts_with("sha256:")) text.remove_prefix(7);
  return IsLowerHex(text, 64);
}

tl::unexpected<Error> BareId(std::string_view text) {
  return Fail(
      kNoManifestDigest,
      Printable(text) +
          " is an image's own ID (the digest of its configuration), which names no manifest in any "
          "registry: the image was loaded by hand, or is named by its ID. Nobody is asked about "
          "it");
}

}  // namespace

std::optional<std::string> NormalHost(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  std::string_view name = host;
  std::string port;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    name = host.substr(0, colon);
    const auto digits = host.substr(colon + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
        number == 0 || number > 65'535) {
      return std::nullopt;
    }
    if (number != 443) port = ":" + std::to_string(number);
  }
  if (!IsHostName(name)) return std::nullopt;
  std::string normal = LowerCase(name) + port;
  if (normal == "index.docker.io" || normal == "registry-1.docker.io")
    return std::string(kDockerHub);
  return normal;
}

Result<Digest> Digest::Parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto algorithm = text.substr(0, colon);
  const std::size_t length = algorithm == "sha256" ? 64 : algorithm == "sha512" ? 128 : 0;
  if (colon == std::string_view::npos || length == 0) {
    return Fail(kMalformed, "\"" + Printable(text) +
                                "\" is no digest: expected sha256: or sha512: and hex digits");
  }
  if (!IsLowerHex(text.substr(colon + 1), length)) {
    return Fail(kMalformed, "\"" + Printable(text) + "\" is no digest: expected " +
                                std::to_string(length) + " lower-case hex digits after " +
                                std::string(algorithm) + ":");
  }
  return Digest(std::string(text));
}

Digest Digest::OfSha256(ByteView bytes) { return Digest("sha256:" + Sha256Hex(bytes)); }

bool Digest::Matches(ByteView bytes) const {
  if (algorithm() == "sha256") return Sha256Hex(bytes) == hex();
  return HexEncode(Sha512(bytes)) == hex();
}

std::string Digest::ReferrersTag() const {
  return std::string(algorithm()) + "-" + std::string(hex().substr(0, 64));
}

std::optional<std::string> Digest::CosignTag(std::string_view suffix) const {
  std::string tag = std::string(algorithm()) + "-" + std::string(hex()) + std::string(suffix);
  if (tag.size() > kMaxTag) return std::nullopt;
  return tag;
}

Result<Repository> Repository::FromKey(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos || key.size() > kMaxReference ||
      key.size() - slash - 1 > kMaxPath) {
    return Invalid(key, "a repository key is a host, a slash and a repository");
  }
  const auto host = NormalHost(key.substr(0, slash));
  const auto path = key.substr(slash + 1);
  if (!host || *host != key.substr(0, slash) || !IsPath(path)) {
    return Invalid(key, "it is not the normalised key of a repository");
  }
  return Repository{*host, std::string(path)};
}

// The schema's pattern is [a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})? for the host; the path's is wider than the
// grammar's, so only the host and the length can fail.
Status Repository::Supported() const {
  if (host.starts_with('[')) {
    return Fail(
        kRepositoryNotSupported,
        Printable(Key()) +
            " gets no baseline: its registry is an IPv6 literal. Give the registry a DNS name");
  }
  const auto key = Key();
  if (key.size() > kMaxKey) {
    return Fail(kRepositoryNotSupported, Printable(key) + " gets no baseline: its name has " +
                                             std::to_string(key.size()) + " characters, " +
                                             std::to_string(kMaxKey) + " are allowed");
  }
  const auto name = std::string_view(host).substr(0, host.find(':'));
  const bool fits = !name.empty() && IsLowerAlnum(name.front()) && IsLowerAlnum(name.back()) &&
                    std::all_of(name.begin(), name.end(),
                                [](char c) { return IsLowerAlnum(c) || c == '.' || c == '-'; });
  if (!fits || !IsPath(path)) {
    return Fail(kRepositoryNotSupported,
                Printable(key) + " gets no baseline: it is no normalised repository key");
  }
  return {};
}

bool IsTag(std::string_view tag) {
  if (tag.empty() || tag.size() > kMaxTag) return false;
  const auto word = [](char c) { return IsAlnum(c) || c == '_'; };
  return word(tag.front()) && std::all_of(tag.begin(), tag.end(),
                                          [&](char c) { return word(c) || c == '.' || c == '-'; });
}

Result<Reference> Reference::Parse(std::string_view text) {
  if (text.empty()) return Invalid(text, "it is empty");
  if (text.size() > kMaxReference) return Invalid(text, "it is longer than 1,024 bytes");
  if (IsImageId(text)) return BareId(text);

  Reference reference;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    auto digest = Digest::Parse(rest.substr(at + 1));
    if (!digest) return Invalid(text, digest.error().message);
    reference.digest = std::move(*digest);
    rest = rest.substr(0, at);
  }
  const auto colon = rest.rfind(':');
  const auto slash = rest.rfind('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    if (!IsTag(rest.substr(colon + 1)))
      return Invalid(text, "what follows the last colon is no tag");
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  } else if (!reference.digest) {
    reference.tag = "latest";
  }
  PLIMSOLL_ASSIGN(reference.repository, ParseName(text, rest));
  if (text.size() + kMostAdded > kMaxReference && reference.Text().size() > kMaxReference)
    return Invalid(text, "with its registry and tag it is longer than 1,024 bytes");
  return reference;
}

std::string Reference::Text() const {
  std::string text = repository.Key();
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->text();
  return text;
}

Result<ImageId> ParseImageId(std::string_view image_id) {
  for (const std::string_view scheme : {"docker-pullable://", "docker://"}) {
    if (image_id.starts_with(scheme)) {
      image_id.remove_prefix(scheme.size());
      break;
    }
  }
  if (image_id.empty())
    return Fail(kNotFound, "the container has no imageID yet: it has not started");
  if (image_id.size() > kMaxReference) return Invalid(image_id, "it is longer than 1,024 bytes");
  if (IsImageId(image_id)) return BareId(image_id);
  const auto at = image_id.rfind('@');
  if (at == std::string_view::npos)
    return Invalid(image_id, "an imageID without a digest says nothing about what runs");
  auto digest = Digest::Parse(image_id.substr(at + 1));
  if (!digest) return Invalid(image_id, digest.error().message);
  return ImageId{std::move(*digest), std::string(image_id.substr(0, at))};
}

}  // namespace plimsoll::oci
