// Image references and imageIDs: whatever parses must survive its own text, and keys must be normal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "oci/places.h"
#include "oci/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto reference = oci::Reference::Parse(text)) {
    const auto again = oci::Reference::Parse(reference->Text());
    const auto key = oci::Repository::FromKey(reference->repository.Key());
    if (!key || *key != reference->repository) std::abort();
    // A host with a capital and without a dot reads as a path of Docker Hub once it is lower case.
    const bool plain_host = reference->repository.host.find_first_of(".:") == std::string::npos &&
                            reference->repository.host != "localhost";
    if (!plain_host && (!again || again->repository != reference->repository)) std::abort();
    static_cast<void>(reference->repository.Supported());
  }
  static_cast<void>(oci::ParseImageId(text));
  static_cast<void>(oci::Repository::FromKey(text));
  static_cast<void>(oci::Digest::Parse(text));
  const auto half = size / 2;
  const auto rules = oci::RepositoryRules::Make({{std::string(text.substr(0, half)),
                                                  {std::string(text.substr(half))},
                                                  std::string(text.substr(half)),
                                                  ""}});
  if (rules) static_cast<void>(rules->PlacesOf({"mirror.example", "hub/library/nginx"}));
  return 0;
}
