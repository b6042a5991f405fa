// What every Kubernetes object and resource has, whatever it means.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::kube {

// One resource of the API, as it stands in URLs.
struct ResourceType {
  std::string group;  // empty: the core group
  std::string version;
  std::string plural;
  std::string kind;
  bool namespaced = true;

  std::string ApiVersion() const { return group.empty() ? version : group + "/" + version; }
};

const ResourceType& Pods();
const ResourceType& Nodes();
const ResourceType& Secrets();
const ResourceType& ConfigMaps();
const ResourceType& Leases();
const ResourceType& Events();  // events.k8s.io/v1

// "/apis/plimsoll.dev/v1alpha1/signingbaselines"; with a namespace only for a namespaced type (empty: all).
std::string CollectionPath(const ResourceType& type, std::string_view namespace_name = {});
// The path of one object, or of its subresource ("status"). kInvalidArgument when a name could not be one
// (it is then not sent: names come from objects that other people wrote).
Result<std::string> ObjectPath(const ResourceType& type, std::string_view namespace_name,
                               std::string_view name, std::string_view subresource = {});
// A DNS subdomain as object names are (RFC 1123, at most 253 bytes).
bool IsObjectName(std::string_view name);
// Percent-encoded for a query value.
std::string QueryEscape(std::string_view text);

// The part of an object's metadata that the informer needs.
struct ObjectMeta {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string namespace_name;
  std::string uid;
  std::string resource_version;
  bool initial_events_end = false;  // annotation k8s.io/initial-events-end: "true", on bookmarks
};
// Reads no further than it needs. kMalformed when the text is no object with metadata.
Result<ObjectMeta> ReadObjectMeta(std::string_view json);

// A reference as Events carry it.
struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string field_path;
};

}  // namespace plimsoll::kube
