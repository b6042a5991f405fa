// Manifests and indexes of every media type, docker configs, and answers of credential plug-ins.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "credential_exec.h"
#include "docker_config.h"
#include "manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto digest = oci::Digest::OfSha256(AsBytes(text));
  for (const auto& type : oci::ManifestTypes()) {
    const auto manifest = oci::ParseManifest(
        text, type, digest, {.max_bytes = 1 << 20, .max_layers = 4, .max_children = 4});
    if (manifest && (manifest->layers.size() > 4 || manifest->info.children.size() > 4))
      std::abort();
  }
  const auto repository = oci::Repository{"ghcr.io", "acme/app"};
  for (const auto form :
       {oci::DockerConfig::Form::kConfigJson, oci::DockerConfig::Form::kDockercfg}) {
    if (const auto config = oci::DockerConfig::Parse(text, form))
      static_cast<void>(config->For(repository));
  }
  if (const auto answer = oci::ParseProviderAnswer(text, "fuzz")) {
    for (const auto& entry : answer->entries) {
      static_cast<void>(oci::MatchesImagePattern(entry.pattern, repository));
    }
  }
  return 0;
}
