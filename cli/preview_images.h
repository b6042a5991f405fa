// Which images `plimsoll preview` is about: those of Pods, or of manifests, each image string once. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/pod.h"
#include "base/result.h"
#include "json/json.h"

namespace plimsoll::cli {

inline constexpr std::size_t kMaxPreviewImages = 20'000;

struct PreviewImage {
  std::string image;               // as the spec writes it
  std::string container;           // of the first that names it
  std::string image_id;            // of a Pod that runs it; empty when none says
  std::vector<std::string> users;  // "Pod shop/web", "Deployment web of FILE"; each once
};

class PreviewImages {
 public:
  // The images of a Pod's spec. A mirror Pod is left out: admission never sees one.
  void Add(const api::Pod& pod);
  // The images of one manifest, or of each item of a List. kinds that hold none are passed over. `source` names the
  // file. kMalformed, kLimitExceeded.
  Status Add(const json::Value& manifest, const std::string& source);

  const std::vector<PreviewImage>& images() const { return images_; }

 private:
  void Add(std::string_view image, std::string_view container, std::string_view image_id,
           const std::string& user);

  std::vector<PreviewImage> images_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace plimsoll::cli
