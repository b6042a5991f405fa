#include "sigstore/merkle.h"

#include <algorithm>
#include <bit>
#include <string>

#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

Status WrongLength(Reason reason, std::size_t expected, std::size_t seen) {
  return Fail(reason, "a proof of " + std::to_string(expected) + " hashes was expected, " +
                          std::to_string(seen) + " were given");
}

}  // namespace

Sha256Digest LeafHash(ByteView leaf) {
  Bytes input;
  input.reserve(leaf.size() + 1);
  input.push_back(0x00);
  input.insert(input.end(), leaf.begin(), leaf.end());
  return Sha256(input);
}

Sha256Digest NodeHash(const Sha256Digest& left, const Sha256Digest& right) {
  std::array<std::uint8_t, 65> input{};
  input[0] = 0x01;
  std::copy(left.begin(), left.end(), input.begin() + 1);
  std::copy(right.begin(), right.end(), input.begin() + 33);
  return Sha256(input);
}

Result<Sha256Digest> RootFromInclusionProof(std::uint64_t index, std::uint64_t tree_size,
                                            const Sha256Digest& leaf_hash,
                                            std::span<const Sha256Digest> proof) {
  if (index >= tree_size) {
    return Fail(kMalformed, "leaf index " + std::to_string(index) + " is not in a tree of " +
                                std::to_string(tree_size) + " leaves");
  }
  // Up to the level where the paths of the leaf and of the last leaf meet every level has a hash;
  // above it only those where the path comes from the right.
  const auto inner = static_cast<std::size_t>(std::bit_width(index ^ (tree_size - 1)));
  const std::uint64_t above = inner < 64 ? index >> inner : 0;
  const std::size_t expected = inner + static_cast<std::size_t>(std::popcount(above));
  if (proof.size() != expected) {
    PLIMSOLL_TRY(WrongLength(kInclusionProofInvalid, expected, proof.size()));
  }
  Sha256Digest hash = leaf_hash;
  for (std::size_t level = 0; level < inner; ++level) {
    hash =
        ((index >> level) & 1) == 0 ? NodeHash(hash, proof[level]) : NodeHash(proof[level], hash);
  }
  for (const Sha256Digest& left : proof.subspan(inner)) hash = NodeHash(left, hash);
  return hash;
}

Status VerifyInclusion(std::uint64_t index, std::uint64_t tree_size, const Sha256Digest& leaf_hash,
                       std::span<const Sha256Digest> proof, const Sha256Digest& root) {
  PLIMSOLL_ASSIGN(const Sha256Digest computed,
                  RootFromInclusionProof(index, tree_size, leaf_hash, proof));
  if (computed != root) {
    return Fail(kInclusionProofInvalid, "the inclusion proof leads to another root than the log's");
  }
  return {};
}

Result<ConsistencyRoots> RootsFromConsistencyProof(std::uint64_t first_size,
                                                   std::uint64_t second_size,
                                                   const Sha256Digest& first_root,
                                                   std::span<const Sha256Digest> proof) {
  if (first_size == 0 || first_size >= second_size) {
    return Fail(kMalformed, "a consistency proof joins a tree that is not empty to a larger one");
  }
  // RFC 9162 section 2.1.4.2. The first tree's last complete subtree starts the walk; when the first
  // tree is itself complete its root is that subtree and the proof leaves it out.
  const bool complete = std::has_single_bit(first_size);
  std::uint64_t node = first_size - 1;
  std::uint64_t last = second_size - 1;
  while ((node & 1) == 1) {
    node >>= 1;
    last >>= 1;
  }
  std::size_t next = 0;
  Sha256Digest first = first_root;
  if (!complete) {
    if (proof.empty()) {
      return Fail(kConsistencyProofInvalid, "the consistency proof has too few hashes");
    }
    first = proof[next++];
  }
  Sha256Digest second = first;
  for (; next < proof.size(); ++next) {
    if (last == 0) {
      return Fail(kConsistencyProofInvalid, "the consistency proof has too many hashes");
    }
    if ((node & 1) == 1 || node == last) {
      first = NodeHash(proof[next], first);
      second = NodeHash(proof[next], second);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      second = NodeHash(second, proof[next]);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return Fail(kConsistencyProofInvalid, "the consistency proof has too few hashes");
  return ConsistencyRoots{first, second};
}

Status VerifyConsistency(std::uint64_t first_size, std::uint64_t second_size,
                         const Sha256Digest& first_root, const Sha256Digest& second_root,
                         std::span<const Sha256Digest> proof) {
  if (first_size > second_size) {
    return Fail(kMalformed, "a tree of " + std::to_string(first_size) +
                                " leaves cannot grow into one of " + std::to_string(second_size));
  }
  if (first_size == 0) {
    return Fail(kMalformed, "every tree is consistent with the empty one: nothing is proven");
  }
  if (first_size == second_size) {
    if (!proof.empty()) return WrongLength(kConsistencyProofInvalid, 0, proof.size());
    if (first_root != second_root) {
      return Fail(kConsistencyProofInvalid, "two trees of the same size have different roots");
    }
    return {};
  }
  PLIMSOLL_ASSIGN(const ConsistencyRoots roots,
                  RootsFromConsistencyProof(first_size, second_size, first_root, proof));
  if (roots.first != first_root || roots.second != second_root) {
    return Fail(kConsistencyProofInvalid,
                "the consistency proof does not join the two roots of the log");
  }
  return {};
}

}  // namespace plimsoll::sigstore
