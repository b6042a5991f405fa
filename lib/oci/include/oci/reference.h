// Image references, repository keys, digests, and what a node says that it runs.
//
// The grammar is that of distribution/reference (the one that kubelet and containerd use), with
// these deliberate differences:
//  * a host is compared and shown in lower case; `:443` is dropped and leading zeros of a port are
//  too, a port
//    above 65535 or 0 is refused: one registry has one spelling, so one repository has one
//    baseline;
//  * `index.docker.io` and `registry-1.docker.io` are `docker.io`; one path segment there gets
//  `library/`;
//  * SHA-256 and SHA-512 digests are accepted, no others (SHA-384 is not: OCI registers only these
//  two);
//  * a bare image ID (64 hex digits, or `sha256:` and 64 hex digits) names no repository:
//  kNoManifestDigest.
// A digest wins over a tag; both are kept. Nothing here asks anybody anything.
//
// Bounds: a reference is at most 1,024 bytes, also with its registry and tag written out, a path 255, a
// tag 128. Values are immutable and thread-safe.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace plimsoll::oci {

inline constexpr Reason kInvalidReference{"InvalidReference"};
// The host cannot be the key of a baseline (an IPv6 literal, or longer than the resource allows).
inline constexpr Reason kRepositoryNotSupported{"RepositoryNotSupported"};
// What is known is a config digest (an image loaded by hand): no registry can be asked about it.
inline constexpr Reason kNoManifestDigest{"NoManifestDigest"};

// The digest of a manifest or blob. Always well-formed: it comes out of Parse or Of.
class Digest {
 public:
  // "sha256:" and 64, or "sha512:" and 128, lower-case hex digits. kMalformed otherwise.
  static Result<Digest> Parse(std::string_view text);
  static Digest OfSha256(ByteView bytes);

  const std::string& text() const { return text_; }
  std::string_view algorithm() const { return std::string_view(text_).substr(0, 6); }
  std::string_view hex() const { return std::string_view(text_).substr(7); }
  // True when `bytes` have this digest.
  bool Matches(ByteView bytes) const;
  // The tag under which referrers are listed where the referrers API is not there:
  // `<algorithm>-<first 64 hex digits>` (OCI distribution-spec 1.1, "Referrers Tag Schema").
  std::string ReferrersTag() const;
  // Cosign's tag with a suffix (`.sig`, `.att`); nothing where it would be longer than a tag may be
  // (SHA-512): no such tag can exist.
  std::optional<std::string> CosignTag(std::string_view suffix) const;

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A repository in a registry, normalised.
struct Repository {
  std::string host;  // lower case, with its port unless that is 443: "docker.io", "[::1]:5000"
  std::string path;  // "library/debian"

  // The repository key: "docker.io/library/debian".
  std::string Key() const { return host + "/" + path; }
  // The inverse of Key, for keys that this room made. Everything before the first slash is the
  // host.
  static Result<Repository> FromKey(std::string_view key);
  // kRepositoryNotSupported when the key does not fit the schema of SigningBaseline, with the part
  // that does not.
  Status Supported() const;

  friend auto operator<=>(const Repository&, const Repository&) = default;
};

struct Reference {
  Repository repository;
  std::string tag;  // empty when none was written and there is a digest; else "latest" by default
  std::optional<Digest> digest;  // wins over the tag

  // The image string of a Pod's spec or a command line. kInvalidReference, or kNoManifestDigest for
  // a bare ID.
  static Result<Reference> Parse(std::string_view text);
  // "host/path:tag@digest", with what is there.
  std::string Text() const;
};

// True when `tag` is one: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}.
bool IsTag(std::string_view tag);

// What `imageID` of a container status says.
struct ImageId {
  Digest digest;
  // The name before the digest, as the node wrote it. Never the repository of the image: the node
  // shows the first of all names that it has for that content. Only for fetching that content by
  // its digest.
  std::string name;
};
// Takes `docker-pullable://` and `docker://` off. kNotFound when empty (not started yet),
// kNoManifestDigest for a bare config digest, kInvalidReference for anything else without a digest.
Result<ImageId> ParseImageId(std::string_view image_id);

}  // namespace plimsoll::oci
