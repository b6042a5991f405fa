// Which images a Pod runs: the repository key of the image string in its spec, and the manifest digest that
// runs, which is the digest that the spec names, else the one in the container's imageID.
//
// The name in imageID is never the repository: a runtime shows the first of all names that the node has for
// that content. A container that has no digest yet (not started, spec by tag) is not listed: there is nothing
// to judge, and its status will bring it. An image volume by tag is listed without a digest: the registry is
// asked what the tag resolves to.
//
// Pure. Bounds are those of the Pod reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/pod.h"
#include "base/result.h"

namespace plimsoll::controller {

struct RunningImage {
  std::string repository;  // key; empty when the image string has none
  std::string host;        // of the registry
  std::string digest;      // what runs; empty for an image volume by tag
  std::string tag;         // what the spec names; empty when it names a digest
  std::string spec_image;  // as written
  std::string image_id;    // as the node wrote it; empty when unknown
  std::string field_path;  // spec.containers{web}, for Events
  std::string container;   // its name, or the volume's
  bool volume = false;

  // Set when it cannot be judged: RepositoryNotSupported and InvalidReference (no baseline is kept),
  // NoManifestDigest (`digest` is then the config digest; nobody is asked).
  Reason unjudged;
  std::string unjudged_message;
};

std::vector<RunningImage> RunningImagesOf(const api::Pod& pod);

}  // namespace plimsoll::controller
