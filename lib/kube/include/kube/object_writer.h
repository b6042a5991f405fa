// Writes (library kube_write). Each goes through Client's rate limit and 429 handling and returns the object as
// the server stored it. Never a forced apply over a status: `UpdateStatus` and `Update` carry the resourceVersion
// that is in the object's text, so that a writer who computed from an old object fails with kConflict.
//
// Errors: those of api_error.h. Thread-safe. Blocks.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/client.h"
#include "kube/object.h"

namespace plimsoll::kube {

// What must still hold for a delete to happen; empty: does not matter.
struct DeletePreconditions {
  std::string uid;
  std::string resource_version;
};

enum class PatchType { kMerge, kJson, kApply };

class ObjectWriter {
 public:
  explicit ObjectWriter(Client& client) : client_(client) {}

  // kAlreadyExists when the name is taken.
  Result<std::string> Create(const ResourceType& type, std::string_view namespace_name,
                             std::string json, std::stop_token stop = {});
  // PUT .../status. The text must carry metadata.name and metadata.resourceVersion: without one it is
  // kInvalidArgument, because the server would take it as unconditional. kConflict: read again.
  Result<std::string> UpdateStatus(const ResourceType& type, std::string_view namespace_name,
                                   std::string_view name, std::string json,
                                   std::stop_token stop = {});
  // PUT of the object itself, under the same rule.
  Result<std::string> Update(const ResourceType& type, std::string_view namespace_name,
                             std::string_view name, std::string json, std::stop_token stop = {});
  // kNotFound when it is gone already, kConflict when a precondition does not hold.
  Status Delete(const ResourceType& type, std::string_view namespace_name, std::string_view name,
                const DeletePreconditions& preconditions, std::stop_token stop = {});
  struct PatchOptions {
    PatchType type = PatchType::kMerge;
    std::string field_manager;  // required for kApply
    bool force = false;         // kApply: takes over fields of other managers
    bool dry_run = false;
    std::string subresource;
  };
  Result<std::string> Patch(const ResourceType& type, std::string_view namespace_name,
                            std::string_view name, std::string body, const PatchOptions& options,
                            std::stop_token stop = {});

 private:
  Result<std::string> Put(const ResourceType& type, std::string_view namespace_name,
                          std::string_view name, std::string_view subresource, std::string json,
                          std::stop_token stop);
  Client& client_;
};

}  // namespace plimsoll::kube
