// The names of the API: group, kinds, labels, annotations, and the name of a baseline.
//
// A baseline's name is computed from its repository key by anyone: the last path segment (lower case, other
// characters `-`, at most 40, leading and trailing `-` dropped), `-`, and the first 20 characters of the
// lower-case base-32 SHA-256 of the key. Two keys could only share a name by a collision of 100 bits; an
// object under the name whose spec.repository is another key is refused all the same (kNameCollision).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::api {

inline constexpr std::string_view kGroup = "plimsoll.dev";
inline constexpr std::string_view kApiVersion = "plimsoll.dev/v1alpha1";
inline constexpr std::string_view kBaselineKind = "SigningBaseline";
inline constexpr std::string_view kBaselinePlural = "signingbaselines";
inline constexpr std::string_view kPolicyKind = "SigningPolicy";
inline constexpr std::string_view kPolicyPlural = "signingpolicies";
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedBy = "plimsoll";
inline constexpr std::string_view kDiscardTrustAnnotation = "plimsoll.dev/discard-trust";
inline constexpr std::string_view kMirrorPodAnnotation = "kubernetes.io/config.mirror";
inline constexpr std::string_view kReportingController = "plimsoll.dev/controller";
inline constexpr std::string_view kEventAction = "Observe";
// Memory of no repository, in the own namespace; created empty by whoever installs.
inline constexpr std::string_view kStateConfigMap = "plimsoll-state";
// Events about a cluster-scoped object live here, and nowhere else.
inline constexpr std::string_view kClusterEventNamespace = "default";

inline constexpr Reason kNameCollision{"NameCollision"};
inline constexpr Reason kRepositoryNotSupported{"RepositoryNotSupported"};

// The key must be normalised already.
std::string BaselineName(std::string_view repository);

// True when the schema of SigningBaseline takes `repository` as spec.repository.
bool IsSupportedRepository(std::string_view repository);

// kNameCollision when `object_repository`, of the object under the name of `repository`, is not that key.
Status CheckRepository(std::string_view repository, std::string_view object_repository);

}  // namespace plimsoll::api
