// A registry in memory (OCI distribution 1.1, pull side), on top of the FaultServer.
//
// It serves what a test put into it, correctly: manifests by tag and digest with Accept negotiation,
// HEAD, Docker-Content-Digest, ETag and If-None-Match; blobs; tags with paging; the
// referrers API, or its absence; token and Basic authentication; rate limit headers. Each of its
// behaviours can be switched, and any request can be answered by a fault instead. Every request is
// recorded. Digests of what is put are computed here (sha256 unless said otherwise), never trusted.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/fault_server/fault_server.h"

namespace plimsoll::testing {

inline constexpr char kOciManifest[] = "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kOciIndex[] = "application/vnd.oci.image.index.v1+json";
inline constexpr char kOciConfig[] = "application/vnd.oci.image.config.v1+json";
inline constexpr char kOciLayer[] = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr char kOciEmpty[] = "application/vnd.oci.empty.v1+json";
inline constexpr char kDockerManifest[] = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr char kDockerList[] = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr char kSimpleSigning[] = "application/vnd.dev.cosign.simplesigning.v1+json";
inline constexpr char kSigstoreBundle[] = "application/vnd.dev.sigstore.bundle.v0.3+json";

enum class RegistryAuth {
  kNone,
  kBasic,          // 401 with `WWW-Authenticate: Basic`
  kBearer,         // 401 with a realm of this same server, /token; anonymous tokens are granted
  kBearerPrivate,  // the same; a token is granted for user and password only
};

struct RegistryBehaviour {
  RegistryAuth auth = RegistryAuth::kNone;
  std::string user = "user";
  std::string password = "secret";
  std::string realm;  // another realm than our own /token
  std::string service = "fake-registry";
  int token_expires_in = 300;          // 0: the field is left out
  bool token_as_access_token = false;  // `access_token` in place of `token`
  bool oauth2_post = true;             // POST /token is served; else 404

  bool referrers_api = true;          // else 404
  bool referrers_filter = true;       // applies ?artifactType=, and says so in OCI-Filters-Applied
  std::size_t referrers_page = 0;     // entries a page, with a Link; 0: all at once
  bool content_digest_header = true;  // Docker-Content-Digest
  bool etag = true;
  bool accept_negotiation = true;          // 404 MANIFEST_UNKNOWN for a media type not accepted
  bool head = true;                        // else 405
  std::string blob_redirect;               // "https://host:port": blobs are 307 to there, same path
  std::optional<std::int64_t> rate_limit;  // RateLimit-Limit: N;w=21600 on manifest answers
  std::optional<std::int64_t> rate_remaining;  // counts down with each manifest GET; at 0: 429
};

struct Descriptor {
  std::string media_type;
  std::string digest;
  std::size_t size = 0;
  std::string artifact_type;
  std::map<std::string, std::string> annotations;
  std::string os, architecture, variant;  // a child of an index
};

struct ManifestSpec {
  std::string media_type = kOciManifest;
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
  std::optional<Descriptor> subject;
};

// One signature in cosign's classic `.sig` manifest: a layer with annotations.
struct SimpleSignature {
  std::string payload;                             // the layer's bytes
  std::string signature;                           // base64: dev.cosignproject.cosign/signature
  std::map<std::string, std::string> annotations;  // certificate, chain, bundle: added as given
};

class FakeRegistry {
 public:
  struct Options {
    FaultServer::Options server;
    RegistryBehaviour behaviour;
  };
  FakeRegistry();
  explicit FakeRegistry(Options options);
  ~FakeRegistry();

  FaultServer& server();
  std::string host() const;  // "127.0.0.1:34567": what an image reference begins with
  // "127.0.0.1:34567/repository@digest" or ":tag".
  std::string Reference(const std::string& repository, const std::string& tag_or_digest) const;
  // Changes the behaviour from the next request on.
  void Change(const std::function<void(RegistryBehaviour&)>& change);

  // Content. All return the digest.
  std::string PutBlob(const std::string& repository, const std::string& bytes);
  std::string PutManifest(const std::string& repository, const std::string& bytes,
                          const std::string& media_type, const std::string& tag = "");
  // The same under its sha512 digest.
  std::string PutManifestSha512(const std::string& repository, const std::string& bytes,
                                const std::string& media_type, const std::string& tag = "");
  void Tag(const std::string& repository, const std::string& tag, const std::string& digest);
  void Untag(const std::string& repository, const std::string& tag);
  void DeleteManifest(const std::string& repository, const std::string& digest);  // and its tags
  void DeleteBlob(const std::string& repository, const std::string& digest);
  // Serves other bytes under a digest than those it is of.
  void CorruptManifest(const std::string& repository, const std::string& digest,
                       const std::string& bytes);
  void CorruptBlob(const std::string& repository, const std::string& digest,
                   const std::string& bytes);
  std::optional<std::string> Manifest(const std::string& repository,
                                      const std::string& tag_or_digest) const;

  // Shapes that tests need again and again.
  // An image with one layer; `content` makes it differ from others.
  Descriptor PushImage(const std::string& repository, const std::string& tag,
                       const std::string& content = "image", const std::string& os = "linux",
                       const std::string& architecture = "amd64");
  Descriptor PushIndex(const std::string& repository, const std::string& tag,
                       const std::vector<Descriptor>& children);
  Descriptor PushManifest(const std::string& repository, const std::string& tag,
                          const ManifestSpec& spec);
  // An artifact with one layer whose subject is `subject`; listed by the referrers API, or, with
  // `fallback_tag`, also in the index under the tag sha256-<hex>.
  Descriptor PushReferrer(const std::string& repository, const Descriptor& subject,
                          const std::string& artifact_type, const std::string& layer_media_type,
                          const std::string& layer,
                          const std::map<std::string, std::string>& annotations = {},
                          bool fallback_tag = false);
  // The `.sig` tag (sha256-<hex>.sig) of an image; replaces what was there.
  Descriptor PushSignatures(const std::string& repository, const std::string& image_digest,
                            const std::vector<SimpleSignature>& signatures,
                            const std::string& suffix = ".sig");
  // What the referrers API lists beside what subjects say, or a wrong artifactType.
  void ListReferrer(const std::string& repository, const std::string& subject_digest,
                    const Descriptor& entry);

  // Faults, asked before anything else, newest first. `path_part` is searched in the path
  // ("/manifests/sha256-", "/blobs/", "/referrers/", "/token", "" for all); `method` "" is any.
  // `times` requests are answered so, then no more; -1 is for ever.
  void Fault(const std::string& path_part, Reply reply, int times = -1,
             const std::string& method = "");
  void ClearFaults();

  // Requests whose path contains `path_part` (and method, unless "").
  std::size_t Count(std::string_view path_part, std::string_view method = "") const;
  std::vector<SeenRequest> Requests() const;
  void ForgetRequests();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// JSON text of a descriptor and of a manifest, as the registry writes them.
std::string ToJson(const Descriptor& descriptor);
std::string ToJson(const ManifestSpec& spec);
// "sha256:<hex>" of bytes.
std::string DigestOf(std::string_view bytes);

}  // namespace plimsoll::testing
