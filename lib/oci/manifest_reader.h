// Reading manifests, blobs and lists of one repository through a Session.
//
// Every body that has a digest is checked against it: what does not fit is kAnswerRefused, because the author of an
// image cannot make a registry serve other bytes than those asked for. kDigestNotInRepository is a complete 404.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "manifest.h"
#include "oci/registry.h"
#include "session.h"

namespace plimsoll::oci {

struct FetchedManifest {
  Digest digest;
  std::string etag;
  std::size_t bytes = 0;
  Result<Manifest> manifest;  // an error is a fact about whoever wrote it
};

// By tag or digest.
Answer<FetchedManifest> GetManifest(Session& session, const std::string& reference,
                                    const ManifestLimits& limits);

struct HeadAnswer {
  std::string media_type;
  std::optional<Digest> digest;  // absent where the registry does not say
  std::string etag;
};
Answer<HeadAnswer> HeadManifest(Session& session, const std::string& reference);

// True when the manifest is still what it was, asked by If-None-Match; one GET where the registry does not support that.
Answer<bool> SameManifest(Session& session, const std::string& tag, const std::string& etag,
                          const std::string& digest, const ManifestLimits& limits);

// At most `max_bytes`; kLimitExceeded beyond, kMalformed when the registry does not have it: both are facts about the
// manifest that lists it.
Answer<std::string> GetBlob(Session& session, const Digest& digest, std::size_t max_bytes);

// One list that may come in pages: the target of the next page, after the checks that it is on the same host and below
// the same path. kAnswerRefused otherwise.
Answer<std::optional<std::string>> NextPage(const http::Response& response,
                                            const Endpoint& endpoint, const std::string& path);

Answer<TagList> GetTags(Session& session, const ClientLimits& limits);
// One tag at most: whether the repository can be read at all.
std::optional<Failure> ProbeRepository(Session& session);

}  // namespace plimsoll::oci
