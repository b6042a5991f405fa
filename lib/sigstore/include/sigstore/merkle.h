// RFC 6962 Merkle trees (RFC 9162 section 2.1.3 and 2.1.4): leaf hashes, inclusion and consistency.
//
// Hash algorithm SHA-256. Proof lengths are exact: a hash too many or too few is an error. Errors:
// kMalformed for indices and sizes that make no sense, kInclusionProofInvalid and
// kConsistencyProofInvalid for proofs that do not fit.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace plimsoll::sigstore {

Sha256Digest LeafHash(ByteView leaf);  // SHA-256(00 || leaf)
Sha256Digest NodeHash(const Sha256Digest& left,
                      const Sha256Digest& right);  // SHA-256(01 || l || r)

// The root that the proof leads to.
Result<Sha256Digest> RootFromInclusionProof(std::uint64_t index, std::uint64_t tree_size,
                                            const Sha256Digest& leaf_hash,
                                            std::span<const Sha256Digest> proof);
Status VerifyInclusion(std::uint64_t index, std::uint64_t tree_size, const Sha256Digest& leaf_hash,
                       std::span<const Sha256Digest> proof, const Sha256Digest& root);
// What a consistency proof leads to. When `second` is the root of a tree of `second_size` leaves, then `first`
// is the root of that tree's first `first_size` leaves, whatever else is claimed to be. (When first_size is a
// power of two the proof begins with `first_root` itself and tells nothing else of it.)
struct ConsistencyRoots {
  Sha256Digest first{};
  Sha256Digest second{};
};
Result<ConsistencyRoots> RootsFromConsistencyProof(std::uint64_t first_size,
                                                   std::uint64_t second_size,
                                                   const Sha256Digest& first_root,
                                                   std::span<const Sha256Digest> proof);
Status VerifyConsistency(std::uint64_t first_size, std::uint64_t second_size,
                         const Sha256Digest& first_root, const Sha256Digest& second_root,
                         std::span<const Sha256Digest> proof);

}  // namespace plimsoll::sigstore
