// One run of discovery: see oci/discovery.h for what it promises.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client_core.h"
#include "manifest_reader.h"
#include "material_reader.h"
#include "oci/discovery.h"

namespace plimsoll::oci {

class DiscoveryRun {
 public:
  DiscoveryRun(ClientCore& core, const DiscoveryRequest& request);
  DiscoveryResult Run();

 private:
  // A list of referrers, from the API or the fallback tag.
  struct Listing {
    bool present = false;
    std::string etag;
    std::string digest;  // over the listed digests, whatever their order
    std::vector<ChildManifest> entries;
    bool more = false;
  };
  enum class Warm { kUnchanged, kChanged, kNoAnswer };

  // Re-check: asks whether everything is as it was.
  Warm CheckUnchanged();
  Warm CheckPlace(std::size_t place);
  Warm CheckForms(Session& session, std::size_t place);
  Warm CheckTag(Session& session, std::size_t place, StorageForm form, const std::string& tag);
  Warm CheckReferrers(Session& session, std::size_t place);
  Warm Missing(const Failure& failure);

  // Complete reading.
  void ReadPlace(std::size_t place);
  ClientCore::Choice OpenPlace(std::size_t place);
  std::optional<Failure> ReadImage(Session& session, std::size_t place);
  void ReadForms(Session& session, std::size_t place);
  bool ReadTag(Session& session, std::size_t place, StorageForm form, const std::string& tag);
  bool ReadReferrersApi(Session& session, std::size_t place);
  bool ReadReferrersTag(Session& session, std::size_t place);
  bool ReadEntries(Session& session, const Listing& listing, const MaterialSource& source);
  bool ReadEntry(Session& session, const Digest& digest, const MaterialSource& source);
  Answer<Listing> ListReferrers(Session& session);
  std::optional<Failure> AddPage(const http::Response& response, Listing& listing);

  // A tag where a manifest may be: nothing when it is authoritatively absent.
  Answer<std::optional<FetchedManifest>> GetIfThere(Session& session, const std::string& tag);

  static bool HoldsImages(PlaceRole role);
  std::string EntryName(std::size_t place, StorageForm form) const;
  const Validator* Previous(std::size_t place, StorageForm form) const;
  void Remember(std::size_t place, StorageForm form, Validator validator);
  void SettleControl();

  ClientCore& core_;
  const DiscoveryRequest& request_;
  ManifestLimits manifest_limits_;
  DiscoveryResult result_;
  CallContext call_;
  MaterialReader materials_;
  Validators validators_;
  std::set<std::string> seen_;      // referrer manifests that were looked at, in this place
  std::size_t referrers_read_ = 0;  // over all places
  std::size_t image_absent_ = 0;    // places where the image's own manifest authoritatively is not
  std::size_t image_places_ = 0;    // places where it could be
};

}  // namespace plimsoll::oci
