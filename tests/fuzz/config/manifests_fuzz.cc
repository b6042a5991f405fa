// The lenient YAML reader: whatever it accepts is JSON within its limits.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/manifests.h"
#include "json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  config::ManifestLimits limits;
  limits.max_bytes = 64u << 10;
  limits.max_nodes = 20'000;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifests = config::ReadManifests(text, "f", limits);
  if (!manifests) return 0;
  for (const auto& manifest : *manifests) {
    const json::Limits read{8u << 20, limits.max_depth + 1, 100'000, true};
    if (!json::Document::Parse(manifest.json, read)) std::abort();
  }
  return 0;
}
