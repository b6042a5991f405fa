// A Pod as anyone who may create Pods can write it: read, and its images named, without a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/pod.h"
#include "api/workload.h"
#include "json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  api::StringPool pool;
  if (const Result<api::Pod> pod = api::ReadPod(text, pool); pod) {
    if (api::FootprintOf(*pod) < sizeof(api::Pod)) __builtin_trap();
    if (pod->containers.size() + pod->image_volumes.size() > api::kPodLimits.max_images)
      __builtin_trap();
  }
  const Result<json::Document> document = json::Document::Parse(text);
  if (!document) return 0;
  for (const char* kind : {"Pod", "Deployment", "CronJob"}) {
    const auto images = api::ImagesOfObject(kind, document->root(), 16);
    if (images && images->images.size() > 16) __builtin_trap();
  }
  return 0;
}
