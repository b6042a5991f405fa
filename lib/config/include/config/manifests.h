// The lenient YAML reader, for `preview -f` only: manifests that people have anyway, from many tools.
//
// Takes several documents in one text, anchors and aliases (expanded within a budget of nodes), merge keys as
// ordinary keys, JSON. Each document becomes JSON text, so that the same readers see it that read the API
// server's answers. Scalars are typed as Kubernetes' own YAML reader does: a plain null, true, 12 or 1.5 is
// what it looks like, everything else and everything quoted is a string.
//
// Refused with file, line and column: syntax errors, a key that occurs twice or is not a scalar, an alias of
// something that contains it; kLimitExceeded beyond `ManifestLimits`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::config {

struct ManifestLimits {
  std::size_t max_bytes = 16u << 20;
  std::size_t max_depth = 64;
  std::size_t max_nodes = 1'000'000;  // after aliases are expanded, all documents together
  std::size_t max_documents = 10'000;
};

struct Manifest {
  std::size_t line = 0;  // where the document begins, from 1
  std::string json;
};

// Empty documents are left out.
Result<std::vector<Manifest>> ReadManifests(std::string_view text, std::string_view name,
                                            const ManifestLimits& limits = {});

}  // namespace plimsoll::config
