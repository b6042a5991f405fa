#include "support/fake_registry/fake_registry.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <sstream>

#include "base/digest.h"
#include "base/encoding.h"

namespace plimsoll::testing {
namespace {

std::string Quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string Object(const std::map<std::string, std::string>& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) {
    out += (out.empty() ? "" : ",") + Quote(key) + ":" + Quote(value);
  }
  return "{" + out + "}";
}

template <class List>
std::string Array(const List& list) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ",") + ToJson(item);
  return "[" + out + "]";
}

std::string Sha512DigestOf(std::string_view bytes) {
  return "sha512:" + HexEncode(Sha512(AsBytes(bytes)));
}

std::string TagOf(std::string digest) {
  std::replace(digest.begin(), digest.end(), ':', '-');
  return digest;
}

Reply RegistryError(int status, const std::string& code) {
  return Reply::Status(status,
                       "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + code + "\"}]}",
                       {{"Content-Type", "application/json"}});
}

// True when one of the Accept fields names the type, or `*/*`, or when there is none.
bool Accepts(const SeenRequest& request, const std::string& media_type) {
  bool any = false;
  for (const auto& [name, value] : request.headers) {
    if (name != "Accept" && name != "accept") continue;
    any = true;
    std::istringstream list(value);
    std::string entry;
    while (std::getline(list, entry, ',')) {
      entry = entry.substr(0, entry.find(';'));
      const std::size_t begin = entry.find_first_not_of(' ');
      if (begin == std::string::npos) continue;
      entry = entry.substr(begin, entry.find_last_not_of(' ') - begin + 1);
      if (entry == media_type || entry == "*/*" || entry == "application/*") return true;
    }
  }
  return !any;
}

}  // namespace

std::string DigestOf(std::string_view bytes) { return "sha256:" + Sha256Hex(AsBytes(bytes)); }

std::string ToJson(const Descriptor& descriptor) {
  std::string out = "{\"mediaType\":" + Quote(descriptor.media_type) +
                    ",\"digest\":" + Quote(descriptor.digest) +
                    ",\"size\":" + std::to_string(descriptor.size);
  if (!descriptor.artifact_type.empty()) {
    out += ",\"artifactType\":" + Quote(descriptor.artifact_type);
  }
  if (!descriptor.os.empty()) {
    out += ",\"platform\":{\"architecture\":" + Quote(descriptor.architecture) +
           ",\"os\":" + Quote(descriptor.os);
    if (!descriptor.variant.empty()) out += ",\"variant\":" + Quote(descriptor.variant);
    out += "}";
  }
  if (!descriptor.annotations.empty()) out += ",\"annotations\":" + Object(descriptor.annotations);
  return out + "}";
}

std::string ToJson(const ManifestSpec& spec) {
  std::string out = "{\"schemaVersion\":2,\"mediaType\":" + Quote(spec.media_type);
  if (!spec.artifact_type.empty()) out += ",\"artifactType\":" + Quote(spec.artifact_type);
  out += ",\"config\":" + ToJson(spec.config) + ",\"layers\":" + Array(spec.layers);
  if (spec.subject) out += ",\"subject\":" + ToJson(*spec.subject);
  if (!spec.annotations.empty()) out += ",\"annotations\":" + Object(spec.annotations);
  return out + "}";
}

struct FakeRegistry::Impl {
  explicit Impl(Options options) : behaviour(std::move(options.behaviour)), server(options.server) {
    server.Otherwise([this](const SeenRequest& request) { return Answer(request); });
  }

  struct Stored {
    std::string bytes;
    std::string media_type;
  };
  struct Repository {
    std::map<std::string, Stored> manifests;  // by digest
    std::map<std::string, std::string> blobs;
    std::map<std::string, std::string> tags;
    std::map<std::string, std::vector<Descriptor>> referrers;  // by subject
  };
  struct PlannedFault {
    std::string path_part;
    std::string method;
    Reply reply;
    int times;
  };
  struct Route {
    std::string repository;
    std::string kind;  // manifests, blobs, tags, referrers
    std::string rest;
  };

  Reply Answer(const SeenRequest& request);
  Reply ServeManifest(const SeenRequest& request, const Route& route);
  Reply ServeBlob(const SeenRequest& request, const Route& route);
  Reply ServeTags(const SeenRequest& request, const Route& route);
  Reply ServeReferrers(const SeenRequest& request, const Route& route);
  Reply ServeToken(const SeenRequest& request);
  bool Authorised(const SeenRequest& request, const Route& route) const;
  bool BasicFits(const SeenRequest& request) const;
  Reply Challenge(const Route& route) const;
  std::string RealmUrl() const;
  std::string TokenFor(const std::string& scope) const;
  const Stored* Find(const std::string& repository, const std::string& reference,
                     std::string& digest) const;
  void Index(const std::string& repository, const std::string& subject, const Descriptor& entry,
             bool fallback_tag);
  std::string Store(const std::string& repository, const std::string& digest,
                    const std::string& bytes, const std::string& media_type,
                    const std::string& tag);

  static std::optional<Route> Parse(const std::string& path);

  mutable std::recursive_mutex mutex;
  // Guarded by mutex.
  RegistryBehaviour behaviour;
  std::map<std::string, Repository> repositories;
  std::deque<PlannedFault> faults;
  std::map<std::string, std::string> fallback_indexes;  // repository + "@" + subject -> entries

  FaultServer server;  // last: its threads call Answer until it is gone
};

std::optional<FakeRegistry::Impl::Route> FakeRegistry::Impl::Parse(const std::string& path) {
  if (!path.starts_with("/v2/")) return std::nullopt;
  for (const char* kind : {"/manifests/", "/blobs/", "/referrers/", "/tags/"}) {
    const std::size_t at = path.rfind(kind);
    if (at == std::string::npos || at <= 3) continue;
    const std::string name(kind);
    return Route{path.substr(4, at - 4), name.substr(1, name.size() - 2),
                 path.substr(at + name.size())};
  }
  return std::nullopt;
}

std::string FakeRegistry::Impl::RealmUrl() const {
  return behaviour.realm.empty() ? server.Url("/token") : behaviour.realm;
}

std::string FakeRegistry::Impl::TokenFor(const std::string& scope) const {
  return "token-" + Sha256Hex(AsBytes(behaviour.user + "|" + scope)).substr(0, 24);
}

bool FakeRegistry::Impl::BasicFits(const SeenRequest& request) const {
  return request.Header("Authorization") ==
         "Basic " + Base64Encode(AsBytes(behaviour.user + ":" + behaviour.password));
}

bool FakeRegistry::Impl::Authorised(const SeenRequest& request, const Route& route) const {
  if (behaviour.auth == RegistryAuth::kNone) return true;
  if (behaviour.auth == RegistryAuth::kBasic) return BasicFits(request);
  return request.Header("Authorization") ==
         "Bearer " + TokenFor("repository:" + route.repository + ":pull");
}

Reply FakeRegistry::Impl::Challenge(const Route& route) const {
  Reply reply = RegistryError(401, "UNAUTHORIZED");
  if (behaviour.auth == RegistryAuth::kBasic) {
    reply.With("WWW-Authenticate", "Basic realm=\"fake\"");
  } else {
    std::string challenge =
        "Bearer realm=\"" + RealmUrl() + "\",service=\"" + behaviour.service + "\"";
    if (!route.repository.empty()) {
      challenge += ",scope=\"repository:" + route.repository + ":pull\"";
    }
    reply.With("WWW-Authenticate", challenge);
  }
  return reply;
}

Reply FakeRegistry::Impl::ServeToken(const SeenRequest& request) {
  std::string scope = request.Parameter("scope");
  bool credential = BasicFits(request);
  if (request.method == "POST") {
    if (!behaviour.oauth2_post) return RegistryError(404, "NOT_FOUND");
    SeenRequest form;
    form.query = request.body;
    scope = form.Parameter("scope");
    credential = (form.Parameter("grant_type") == "password" &&
                  form.Parameter("username") == behaviour.user &&
                  form.Parameter("password") == behaviour.password) ||
                 (form.Parameter("grant_type") == "refresh_token" &&
                  form.Parameter("refresh_token") == behaviour.password);
  } else if (request.method != "GET") {
    return RegistryError(405, "UNSUPPORTED");
  }
  if (request.Has("Authorization") && !credential) return RegistryError(401, "UNAUTHORIZED");
  if (behaviour.auth == RegistryAuth::kBearerPrivate && !credential) {
    return RegistryError(401, "UNAUTHORIZED");
  }
  std::string body = std::string("{\"") +
                     (behaviour.token_as_access_token ? "access_token" : "token") +
                     "\":" + Quote(TokenFor(scope));
  if (behaviour.token_expires_in > 0) {
    body += ",\"expires_in\":" + std::to_string(behaviour.token_expires_in);
  }
  return Reply::Ok(body + "}");
}

const FakeRegistry::Impl::Stored* FakeRegistry::Impl::Find(const std::string& repository,
                                                           const std::string& reference,
                                                           std::string& digest) const {
  const auto found = repositories.find(repository);
  if (found == repositories.end()) return nullptr;
  digest = reference;
  if (reference.find(':') == std::string::npos) {
    const auto tag = found->second.tags.find(reference);
    if (tag == found->second.tags.end()) return nullptr;
    digest = tag->second;
  }
  const auto manifest = found->second.manifests.find(digest);
  return manifest == found->second.manifests.end() ? nullptr : &manifest->second;
}

Reply FakeRegistry::Impl::ServeManifest(const SeenRequest& request, const Route& route) {
  const bool head = request.method == "HEAD";
  if (head && !behaviour.head) return RegistryError(405, "UNSUPPORTED");
  if (!head && behaviour.rate_remaining) {
    if (*behaviour.rate_remaining <= 0) {
      return RegistryError(429, "TOOMANYREQUESTS").With("Retry-After", "60");
    }
    --*behaviour.rate_remaining;
  }
  const auto with_rate = [&](Reply reply) {
    if (behaviour.rate_limit) {
      reply.With("RateLimit-Limit", std::to_string(*behaviour.rate_limit) + ";w=21600");
    }
    if (behaviour.rate_remaining) {
      reply.With("RateLimit-Remaining", std::to_string(*behaviour.rate_remaining) + ";w=21600");
    }
    return reply;
  };
  std::string digest;
  const Stored* stored = Find(route.repository, route.rest, digest);
  if (stored == nullptr ||
      (behaviour.accept_negotiation && !Accepts(request, stored->media_type))) {
    return with_rate(RegistryError(404, "MANIFEST_UNKNOWN"));
  }
  const std::string etag = "\"" + digest + "\"";
  if (behaviour.etag && request.Header("If-None-Match") == etag) {
    return with_rate(Reply::Status(304).With("ETag", etag));
  }
  Reply reply = Reply::Ok(stored->bytes, stored->media_type);
  if (behaviour.content_digest_header) reply.With("Docker-Content-Digest", digest);
  if (behaviour.etag) reply.With("ETag", etag);
  return with_rate(std::move(reply));
}

Reply FakeRegistry::Impl::ServeBlob(const SeenRequest& request, const Route& route) {
  if (!behaviour.blob_redirect.empty()) {
    return Reply::Redirect(307, behaviour.blob_redirect + request.target);
  }
  const auto found = repositories.find(route.repository);
  if (found == repositories.end()) return RegistryError(404, "NAME_UNKNOWN");
  const auto blob = found->second.blobs.find(route.rest);
  if (blob == found->second.blobs.end()) return RegistryError(404, "BLOB_UNKNOWN");
  Reply reply = Reply::Ok(blob->second, "application/octet-stream");
  if (behaviour.content_digest_header) reply.With("Docker-Content-Digest", route.rest);
  return reply;
}

Reply FakeRegistry::Impl::ServeTags(const SeenRequest& request, const Route& route) {
  const auto found = repositories.find(route.repository);
  if (route.rest != "list" || found == repositories.end())
    return RegistryError(404, "NAME_UNKNOWN");
  const std::string last = request.Parameter("last");
  const std::string limit = request.Parameter("n");
  const std::size_t most = limit.empty() ? 10'000 : std::strtoull(limit.c_str(), nullptr, 10);
  std::string list;
  std::string final_tag;
  std::size_t count = 0;
  bool more = false;
  for (const auto& [tag, digest] : found->second.tags) {
    if (tag <= last) continue;
    if (count == most) {
      more = true;
      break;
    }
    list += (count == 0 ? "" : ",") + Quote(tag);
    final_tag = tag;
    ++count;
  }
  Reply reply = Reply::Ok("{\"name\":" + Quote(route.repository) + ",\"tags\":[" + list + "]}");
  if (more) {
    reply.With("Link", "</v2/" + route.repository + "/tags/list?n=" + limit + "&last=" + final_tag +
                           ">; rel=\"next\"");
  }
  return reply;
}

Reply FakeRegistry::Impl::ServeReferrers(const SeenRequest& request, const Route& route) {
  if (!behaviour.referrers_api) return Reply::Status(404, "404 page not found\n");
  std::vector<Descriptor> entries;
  const auto found = repositories.find(route.repository);
  if (found != repositories.end()) {
    const auto listed = found->second.referrers.find(route.rest);
    if (listed != found->second.referrers.end()) entries = listed->second;
  }
  const std::string filter = request.Parameter("artifactType");
  const bool filtered = behaviour.referrers_filter && !filter.empty();
  if (filtered) {
    std::erase_if(entries, [&](const Descriptor& entry) { return entry.artifact_type != filter; });
  }
  const std::size_t page = behaviour.referrers_page;
  const std::size_t begin = std::min<std::size_t>(
      std::strtoull(request.Parameter("start").c_str(), nullptr, 10), entries.size());
  const std::size_t end = page == 0 ? entries.size() : std::min(begin + page, entries.size());
  const std::vector<Descriptor> part(entries.begin() + static_cast<std::ptrdiff_t>(begin),
                                     entries.begin() + static_cast<std::ptrdiff_t>(end));
  Reply reply = Reply::Ok("{\"schemaVersion\":2,\"mediaType\":" + Quote(kOciIndex) +
                              ",\"manifests\":" + Array(part) + "}",
                          kOciIndex);
  if (filtered) reply.With("OCI-Filters-Applied", "artifactType");
  if (end < entries.size()) {
    std::string next =
        "/v2/" + route.repository + "/referrers/" + route.rest + "?start=" + std::to_string(end);
    if (!filter.empty()) next += "&artifactType=" + filter;
    reply.With("Link", "<" + next + ">; rel=\"next\"");
  }
  return reply;
}

Reply FakeRegistry::Impl::Answer(const SeenRequest& request) {
  const std::lock_guard lock(mutex);
  for (PlannedFault& fault : faults) {
    const bool fits = request.path.find(fault.path_part) != std::string::npos &&
                      (fault.method.empty() || fault.method == request.method);
    if (!fits || fault.times == 0) continue;
    if (fault.times > 0) --fault.times;
    return fault.reply;
  }
  if (request.path == "/token") return ServeToken(request);
  if (request.path == "/v2/" || request.path == "/v2") {
    const Route none;
    const bool open = behaviour.auth == RegistryAuth::kNone || request.Has("Authorization");
    return open ? Reply::Ok("{}") : Challenge(none);
  }
  const std::optional<Route> route = Parse(request.path);
  if (!route) return Reply::Status(404, "404 page not found\n");
  if (!Authorised(request, *route)) return Challenge(*route);
  if (request.method != "GET" && request.method != "HEAD") return RegistryError(405, "UNSUPPORTED");
  if (route->kind == "manifests") return ServeManifest(request, *route);
  if (route->kind == "blobs") return ServeBlob(request, *route);
  if (route->kind == "tags") return ServeTags(request, *route);
  return ServeReferrers(request, *route);
}

std::string FakeRegistry::Impl::Store(const std::string& repository, const std::string& digest,
                                      const std::string& bytes, const std::string& media_type,
                                      const std::string& tag) {
  const std::lock_guard lock(mutex);
  Repository& where = repositories[repository];
  where.manifests[digest] = {bytes, media_type};
  if (!tag.empty()) where.tags[tag] = digest;
  return digest;
}

void FakeRegistry::Impl::Index(const std::string& repository, const std::string& subject,
                               const Descriptor& entry, bool fallback_tag) {
  const std::lock_guard lock(mutex);
  repositories[repository].referrers[subject].push_back(entry);
  if (!fallback_tag) return;
  std::string& entries = fallback_indexes[repository + "@" + subject];
  entries += (entries.empty() ? "" : ",") + ToJson(entry);
  const std::string bytes = "{\"schemaVersion\":2,\"mediaType\":" + Quote(kOciIndex) +
                            ",\"manifests\":[" + entries + "]}";
  Store(repository, DigestOf(bytes), bytes, kOciIndex, TagOf(subject));
}

FakeRegistry::FakeRegistry() : FakeRegistry(Options()) {}
FakeRegistry::FakeRegistry(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
FakeRegistry::~FakeRegistry() = default;

FaultServer& FakeRegistry::server() { return impl_->server; }
std::string FakeRegistry::host() const { return impl_->server.host_port(); }

std::string FakeRegistry::Reference(const std::string& repository,
                                    const std::string& tag_or_digest) const {
  const char* mark = tag_or_digest.find(':') == std::string::npos ? ":" : "@";
  return host() + "/" + repository + mark + tag_or_digest;
}

void FakeRegistry::Change(const std::function<void(RegistryBehaviour&)>& change) {
  const std::lock_guard lock(impl_->mutex);
  change(impl_->behaviour);
}

std::string FakeRegistry::PutBlob(const std::string& repository, const std::string& bytes) {
  const std::lock_guard lock(impl_->mutex);
  std::string digest = DigestOf(bytes);
  impl_->repositories[repository].blobs[digest] = bytes;
  return digest;
}

std::string FakeRegistry::PutManifest(const std::string& repository, const std::string& bytes,
                                      const std::string& media_type, const std::string& tag) {
  return impl_->Store(repository, DigestOf(bytes), bytes, media_type, tag);
}

std::string FakeRegistry::PutManifestSha512(const std::string& repository, const std::string& bytes,
                                            const std::string& media_type, const std::string& tag) {
  return impl_->Store(repository, Sha512DigestOf(bytes), bytes, media_type, tag);
}

void FakeRegistry::Tag(const std::string& repository, const std::string& tag,
                       const std::string& digest) {
  const std::lock_guard lock(impl_->mutex);
  impl_->repositories[repository].tags[tag] = digest;
}

void FakeRegistry::Untag(const std::string& repository, const std::string& tag) {
  const std::lock_guard lock(impl_->mutex);
  impl_->repositories[repository].tags.erase(tag);
}

void FakeRegistry::DeleteManifest(const std::string& repository, const std::string& digest) {
  const std::lock_guard lock(impl_->mutex);
  Impl::Repository& where = impl_->repositories[repository];
  where.manifests.erase(digest);
  std::erase_if(where.tags, [&](const auto& tag) { return tag.second == digest; });
  for (auto& [subject, entries] : where.referrers) {
    std::erase_if(entries, [&](const Descriptor& entry) { return entry.digest == digest; });
  }
}

void FakeRegistry::DeleteBlob(const std::string& repository, const std::string& digest) {
  const std::lock_guard lock(impl_->mutex);
  impl_->repositories[repository].blobs.erase(digest);
}

void FakeRegistry::CorruptManifest(const std::string& repository, const std::string& digest,
                                   const std::string& bytes) {
  const std::lock_guard lock(impl_->mutex);
  impl_->repositories[repository].manifests[digest].bytes = bytes;
}

void FakeRegistry::CorruptBlob(const std::string& repository, const std::string& digest,
                               const std::string& bytes) {
  const std::lock_guard lock(impl_->mutex);
  impl_->repositories[repository].blobs[digest] = bytes;
}

std::optional<std::string> FakeRegistry::Manifest(const std::string& repository,
                                                  const std::string& tag_or_digest) const {
  const std::lock_guard lock(impl_->mutex);
  std::string digest;
  const Impl::Stored* stored = impl_->Find(repository, tag_or_digest, digest);
  if (stored == nullptr) return std::nullopt;
  return stored->bytes;
}

Descriptor FakeRegistry::PushImage(const std::string& repository, const std::string& tag,
                                   const std::string& content, const std::string& os,
                                   const std::string& architecture) {
  const std::string config = "{\"architecture\":" + Quote(architecture) + ",\"os\":" + Quote(os) +
                             ",\"config\":{\"Labels\":{\"content\":" + Quote(content) +
                             "}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" +
                             Quote(DigestOf(content)) + "]}}";
  ManifestSpec spec;
  spec.config = {kOciConfig, PutBlob(repository, config), config.size(), "", {}, "", "", ""};
  const std::string layer = "layer of " + content;
  spec.layers.push_back({kOciLayer, PutBlob(repository, layer), layer.size(), "", {}, "", "", ""});
  Descriptor image = PushManifest(repository, tag, spec);
  image.os = os;
  image.architecture = architecture;
  return image;
}

Descriptor FakeRegistry::PushIndex(const std::string& repository, const std::string& tag,
                                   const std::vector<Descriptor>& children) {
  const std::string bytes = "{\"schemaVersion\":2,\"mediaType\":" + Quote(kOciIndex) +
                            ",\"manifests\":" + Array(children) + "}";
  Descriptor index;
  index.media_type = kOciIndex;
  index.digest = PutManifest(repository, bytes, kOciIndex, tag);
  index.size = bytes.size();
  return index;
}

Descriptor FakeRegistry::PushManifest(const std::string& repository, const std::string& tag,
                                      const ManifestSpec& spec) {
  const std::string bytes = ToJson(spec);
  Descriptor manifest;
  manifest.media_type = spec.media_type;
  manifest.digest = PutManifest(repository, bytes, spec.media_type, tag);
  manifest.size = bytes.size();
  manifest.artifact_type =
      spec.artifact_type.empty() && spec.subject ? spec.config.media_type : spec.artifact_type;
  return manifest;
}

Descriptor FakeRegistry::PushReferrer(const std::string& repository, const Descriptor& subject,
                                      const std::string& artifact_type,
                                      const std::string& layer_media_type, const std::string& layer,
                                      const std::map<std::string, std::string>& annotations,
                                      bool fallback_tag) {
  ManifestSpec spec;
  spec.artifact_type = artifact_type;
  spec.config = {kOciEmpty, PutBlob(repository, "{}"), 2, "", {}, "", "", ""};
  spec.layers.push_back(
      {layer_media_type, PutBlob(repository, layer), layer.size(), "", {}, "", "", ""});
  spec.annotations = annotations;
  spec.subject = Descriptor{subject.media_type, subject.digest, subject.size, "", {}, "", "", ""};
  Descriptor entry = PushManifest(repository, "", spec);
  entry.annotations = annotations;
  impl_->Index(repository, subject.digest, entry, fallback_tag);
  return entry;
}

Descriptor FakeRegistry::PushSignatures(const std::string& repository,
                                        const std::string& image_digest,
                                        const std::vector<SimpleSignature>& signatures,
                                        const std::string& suffix) {
  const std::string config =
      "{\"architecture\":\"\",\"created\":\"0001-01-01T00:00:00Z\",\"history\":[{\"created\":"
      "\"0001-01-01T00:00:00Z\"}],\"os\":\"\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},"
      "\"config\":{}}";
  ManifestSpec spec;
  spec.config = {kOciConfig, PutBlob(repository, config), config.size(), "", {}, "", "", ""};
  for (const SimpleSignature& signature : signatures) {
    Descriptor layer{kSimpleSigning,
                     PutBlob(repository, signature.payload),
                     signature.payload.size(),
                     "",
                     signature.annotations,
                     "",
                     "",
                     ""};
    layer.annotations["dev.cosignproject.cosign/signature"] = signature.signature;
    spec.layers.push_back(std::move(layer));
  }
  return PushManifest(repository, TagOf(image_digest) + suffix, spec);
}

void FakeRegistry::ListReferrer(const std::string& repository, const std::string& subject_digest,
                                const Descriptor& entry) {
  impl_->Index(repository, subject_digest, entry, false);
}

void FakeRegistry::Fault(const std::string& path_part, Reply reply, int times,
                         const std::string& method) {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults.push_front({path_part, method, std::move(reply), times});
}

void FakeRegistry::ClearFaults() {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults.clear();
}

std::size_t FakeRegistry::Count(std::string_view path_part, std::string_view method) const {
  std::size_t count = 0;
  for (const SeenRequest& request : Requests()) {
    const bool fits = request.path.find(path_part) != std::string::npos &&
                      (method.empty() || method == request.method);
    if (fits) ++count;
  }
  return count;
}

std::vector<SeenRequest> FakeRegistry::Requests() const { return impl_->server.Requests(); }
void FakeRegistry::ForgetRequests() { impl_->server.ForgetRequests(); }

}  // namespace plimsoll::testing
