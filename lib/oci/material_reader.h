// The layers of one signature manifest -> materials and facts.
//
// Which layer is what is told by its media type: nothing that a manifest says about itself elsewhere is believed. In the
// `.sig` tag every layer is a signature, whatever it calls itself; elsewhere layers of other types are not ours.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "manifest.h"
#include "manifest_reader.h"
#include "oci/discovery.h"
#include "session.h"

namespace plimsoll::oci {

// Where the layers come from.
struct MaterialSource {
  StorageForm storage;
  std::size_t place;
};

// Reads for one observation: it counts the bytes and adds to one result.
class MaterialReader {
 public:
  MaterialReader(const ClientLimits& limits, DiscoveryResult& result)
      : limits_(limits), result_(result) {}

  // False when the search in this place must end: the registry does not answer. What is missing is noted in the result.
  bool ReadLayers(Session& session, const Manifest& manifest, const MaterialSource& source);

  // True when no layer of it is of a kind that is read here.
  static bool IsForeign(const Manifest& manifest, StorageForm storage);

  // Counts a manifest's bytes. False when the limit for one observation is reached; then that is a fact.
  bool Spend(std::size_t bytes, const MaterialSource& source);

  void AddFact(Reason code, std::string message, std::optional<StorageForm> storage,
               std::size_t place, std::string digest);
  // A failure is either a fact about the image or leaves the answer incomplete. False when the host should not be asked
  // any more.
  bool Note(const Failure& failure, const MaterialSource& source, const std::string& digest);

 private:
  enum class Kind { kSimpleSigning, kBundle, kDsse, kOther };
  static Kind KindOf(const Layer& layer, StorageForm storage);
  bool ReadLayer(Session& session, const Manifest& manifest, std::size_t index,
                 const MaterialSource& source);
  // Null: noted why. `go_on` as ReadLayers.
  const std::string* Blob(Session& session, const Layer& layer, std::size_t max_bytes,
                          const MaterialSource& source, bool& go_on);

  const ClientLimits& limits_;
  DiscoveryResult& result_;
  std::size_t bytes_ = 0;
  bool full_ = false;
  std::map<std::string, std::string>
      blobs_;  // of the manifest being read: several layers may share one
};

}  // namespace plimsoll::oci
