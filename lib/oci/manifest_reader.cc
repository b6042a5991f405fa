#include "manifest_reader.h"

#include <set>
#include <utility>

#include "base/printable.h"
#include "json/json.h"

namespace plimsoll::oci {
namespace {

constexpr int kTagsPage = 1'000;
constexpr std::size_t kMaxTagsPageBytes = 1u << 20;

Failure NotThere(const Session& session, const std::string& what, int status) {
  return MakeFailure(kDigestNotInRepository,
                     session.repository().Key() + " has no " + what + ", or shows none to " +
                         session.credential().origin(),
                     true, status);
}

Failure Unusable(const http::Response& response, const std::string& what) {
  return MakeFailure(kAnswerRefused,
                     response.url.Authority() + " answered " + std::to_string(response.status) +
                         " to " + what + RegistryErrorText(response),
                     true, response.status);
}

bool IsGone(int status) { return status == 404 || status == 410; }

std::string ManifestTarget(const Session& session, const std::string& reference) {
  return "/v2/" + session.repository().path + "/manifests/" + reference;
}

std::string FieldOf(const http::Response& response, std::string_view name) {
  return std::string(response.headers.Find(name).value_or(std::string_view{}));
}

// The digest of a manifest's bytes: what was asked for, what the registry says, what the bytes are. All that are there
// must agree.
Answer<Digest> CheckedDigest(const http::Response& response, const std::string& reference) {
  const auto bytes = AsBytes(response.body);
  const auto mismatch = [&](const Digest& expected) {
    return tl::make_unexpected(MakeFailure(
        kAnswerRefused,
        response.url.Authority() + " served bytes whose digest is not " + expected.text() +
            ": the answer was changed or damaged on its way, and is not used",
        true, response.status));
  };
  if (auto asked = Digest::Parse(reference)) {
    if (!asked->Matches(bytes)) return mismatch(*asked);
    return std::move(*asked);
  }
  if (auto stated = Digest::Parse(FieldOf(response, kContentDigest))) {
    if (!stated->Matches(bytes)) return mismatch(*stated);
    return std::move(*stated);
  }
  return Digest::OfSha256(bytes);
}

Failure NoManifest(const http::Response& response, const std::string& media_type) {
  return MakeFailure(kAnswerRefused,
                     response.url.Authority() + " answered with " +
                         (media_type.empty() ? "no media type" : Printable(media_type)) +
                         " where a manifest was asked for",
                     true, response.status);
}

// The registry names the digest of these very bytes: they are stored there, whatever their type.
bool IsStored(const http::Response& response) {
  const auto stated = Digest::Parse(FieldOf(response, kContentDigest));
  return stated && stated->Matches(AsBytes(response.body));
}

Ask ManifestAsk(const Session& session, const std::string& method, const std::string& reference,
                std::size_t max_bytes) {
  Ask ask;
  ask.method = method;
  ask.target = ManifestTarget(session, reference);
  ask.accept = ManifestTypes();
  ask.stored = true;
  ask.max_body = max_bytes;
  return ask;
}

Answer<FetchedManifest> Fetched(const http::Response& response, const std::string& reference,
                                const ManifestLimits& limits) {
  auto digest = CheckedDigest(response, reference);
  if (!digest) return tl::make_unexpected(digest.error());
  const auto media_type = http::MediaType(FieldOf(response, "Content-Type"));
  if (!IsManifestType(media_type) && !IsStored(response)) {
    return tl::make_unexpected(NoManifest(response, media_type));
  }
  auto manifest = ParseManifest(response.body, media_type, *digest, limits);
  return FetchedManifest{.digest = std::move(*digest),
                         .etag = FieldOf(response, "ETag"),
                         .bytes = response.body.size(),
                         .manifest = std::move(manifest)};
}

}  // namespace

Answer<FetchedManifest> GetManifest(Session& session, const std::string& reference,
                                    const ManifestLimits& limits) {
  ++session.counts().manifest_gets;
  auto response = session.Send(ManifestAsk(session, "GET", reference, limits.max_bytes));
  if (!response) return tl::make_unexpected(response.error());
  if (IsGone(response->status)) {
    return tl::make_unexpected(NotThere(session, "manifest " + reference, response->status));
  }
  if (response->status != 200)
    return tl::make_unexpected(Unusable(*response, "a request for a manifest"));
  return Fetched(*response, reference, limits);
}

Answer<HeadAnswer> HeadManifest(Session& session, const std::string& reference) {
  ++session.counts().heads;
  auto response = session.Send(ManifestAsk(session, "HEAD", reference, 0));
  if (!response) return tl::make_unexpected(response.error());
  if (IsGone(response->status)) {
    return tl::make_unexpected(NotThere(session, "manifest " + reference, response->status));
  }
  if (response->status != 200)
    return tl::make_unexpected(Unusable(*response, "a HEAD request for a manifest"));
  HeadAnswer head;
  head.media_type = http::MediaType(FieldOf(*response, "Content-Type"));
  if (!IsManifestType(head.media_type)) {
    return tl::make_unexpected(NoManifest(*response, head.media_type));
  }
  if (auto digest = Digest::Parse(FieldOf(*response, kContentDigest)))
    head.digest = std::move(*digest);
  head.etag = FieldOf(*response, "ETag");
  return head;
}

Answer<bool> SameManifest(Session& session, const std::string& tag, const std::string& etag,
                          const std::string& digest, const ManifestLimits& limits) {
  ++session.counts().manifest_gets;
  auto ask = ManifestAsk(session, "GET", tag, limits.max_bytes);
  ask.if_none_match = etag;
  auto response = session.Send(ask);
  if (!response) return tl::make_unexpected(response.error());
  if (response->status == 304 && !etag.empty()) return true;
  if (IsGone(response->status)) return false;
  if (response->status != 200)
    return tl::make_unexpected(Unusable(*response, "a request for a manifest"));
  auto fetched = CheckedDigest(*response, tag);
  if (!fetched) return tl::make_unexpected(fetched.error());
  return fetched->text() == digest;
}

Answer<std::string> GetBlob(Session& session, const Digest& digest, std::size_t max_bytes) {
  Ask ask;
  ask.target = "/v2/" + session.repository().path + "/blobs/" + digest.text();
  ask.only_accepted = false;
  ask.max_body = max_bytes;
  // A missing blob is asked for twice, the second time past every cache on the way.
  for (int attempt = 0;; ++attempt) {
    ++session.counts().blob_gets;
    auto response = session.Send(ask);
    if (!response) return tl::make_unexpected(response.error());
    if (IsGone(response->status) && attempt == 0) {
      ask.fresh = true;
      continue;
    }
    if (IsGone(response->status)) {
      return tl::make_unexpected(MakeFailure(
          kMalformed,
          session.repository().Key() + " lists the blob " + digest.text() + " and does not have it",
          false, response->status));
    }
    if (response->status != 200)
      return tl::make_unexpected(Unusable(*response, "a request for a blob"));
    if (!digest.Matches(AsBytes(response->body))) {
      return tl::make_unexpected(MakeFailure(
          kAnswerRefused,
          response->url.Authority() + " served bytes whose digest is not " + digest.text() +
              ": the answer was changed or damaged on its way, and is not used",
          true, response->status));
    }
    return std::move(response->body);
  }
}

namespace {

// The same place, however its colons and slashes are written.
std::string Unescaped(std::string path) {
  for (const auto& [code, character] :
       {std::pair{"%3A", ":"}, {"%3a", ":"}, {"%2F", "/"}, {"%2f", "/"}}) {
    for (auto at = path.find(code); at != std::string::npos; at = path.find(code, at)) {
      path.replace(at, 3, character);
    }
  }
  return path;
}

// A registry behind a proxy may write http:// for itself: the link is asked for over its own scheme.
bool SameHost(const http::Url& link, const http::Url& base) {
  return link.SameOrigin(base) ||
         (link.host == base.host && base.https && !link.https && link.port == 80);
}

}  // namespace

Answer<std::optional<std::string>> NextPage(const http::Response& response,
                                            const Endpoint& endpoint, const std::string& path) {
  const auto link = NextLink(response.headers.All("Link"));
  if (!link) return std::optional<std::string>();
  const auto url = response.url.Resolve(*link);
  const auto base = http::Url::Parse(endpoint.Url("/"));
  if (!url || !base || !SameHost(*url, *base) || Unescaped(url->path) != path) {
    return tl::make_unexpected(MakeFailure(
        kAnswerRefused,
        endpoint.host + " continues its list at " + Printable(*link) +
            ", which is another place: the list is not followed there, and is incomplete",
        true, response.status));
  }
  return std::optional<std::string>(url->Target());
}

Answer<TagList> GetTags(Session& session, const ClientLimits& limits) {
  const std::string path = "/v2/" + session.repository().path + "/tags/list";
  TagList list;
  std::set<std::string> asked;
  std::optional<std::string> target = path + "?n=" + std::to_string(kTagsPage);
  while (target) {
    if (asked.size() >= limits.max_tag_pages || list.tags.size() >= limits.max_tags ||
        !asked.insert(*target).second) {
      list.complete = false;
      return list;
    }
    Ask ask;
    ask.target = *target;
    ask.accept = {"application/json"};
    ask.max_body = kMaxTagsPageBytes;
    auto response = session.Send(ask);
    if (!response) return tl::make_unexpected(response.error());
    if (IsGone(response->status))
      return tl::make_unexpected(NotThere(session, "list of tags", response->status));
    if (response->status != 200)
      return tl::make_unexpected(Unusable(*response, "a request for the list of tags"));
    json::Limits json_limits;
    json_limits.max_bytes = kMaxTagsPageBytes;
    json_limits.max_depth = 4;
    const auto document = json::Document::Parse(response->body, json_limits);
    if (!document) {
      return tl::make_unexpected(
          MakeFailure(document.error().code, "the list of tags: " + document.error().message));
    }
    const auto tags = document->root()["tags"];
    for (auto tag = tags.first(); !tag.missing(); tag = tag.next()) {
      if (list.tags.size() >= limits.max_tags) {
        list.complete = false;
        return list;
      }
      if (const auto text = tag.StringOrEmpty(); IsTag(text)) list.tags.emplace_back(text);
    }
    auto next = NextPage(*response, session.endpoint(), path);
    if (!next) return tl::make_unexpected(next.error());
    target = std::move(*next);
  }
  return list;
}

std::optional<Failure> ProbeRepository(Session& session) {
  Ask ask;
  ask.target = "/v2/" + session.repository().path + "/tags/list?n=1";
  ask.accept = {"application/json"};
  ask.max_body = kMaxTagsPageBytes;
  auto response = session.Send(ask);
  if (!response) return response.error();
  if (IsGone(response->status)) return NotThere(session, "list of tags", response->status);
  if (response->status != 200) return Unusable(*response, "a request for the list of tags");
  return std::nullopt;
}

}  // namespace plimsoll::oci
