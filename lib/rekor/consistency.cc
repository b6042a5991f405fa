#include "consistency.h"

#include <algorithm>

#include "sigstore/merkle.h"

namespace plimsoll::rekor {

Agreement Compare(const sigstore::Checkpoint& smaller, const sigstore::Checkpoint& larger,
                  std::span<const Sha256Digest> proof) {
  if (smaller.tree_size == larger.tree_size) {
    return smaller.root == larger.root ? Agreement::kAgree : Agreement::kDisagree;
  }
  if (smaller.tree_size == 0) return Agreement::kAgree;
  const auto roots =
      sigstore::RootsFromConsistencyProof(smaller.tree_size, larger.tree_size, smaller.root, proof);
  if (!roots || roots->second != larger.root) return Agreement::kUnproven;
  return roots->first == smaller.root ? Agreement::kAgree : Agreement::kDisagree;
}

std::string TreeIdOf(const std::string& origin) {
  const auto separator = origin.rfind(" - ");
  if (separator == std::string::npos) return "";
  const std::string id = origin.substr(separator + 3);
  const bool decimal =
      !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  return decimal ? id : "";
}

}  // namespace plimsoll::rekor
