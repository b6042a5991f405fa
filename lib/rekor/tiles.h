// A tile log (C2SP tlog-tiles, Rekor v2) of one size, read tile by tile: entries, proofs, roots of ranges.
//
// Nothing that it returns is verified: a proof made here counts when it leads to the root of a checkpoint that the
// log signed. Keeps the tiles that it has read; not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace plimsoll::rekor {

// "tile/0/x001/234.p/5", "tile/entries/000": below the log's prefix.
std::string TilePath(std::string_view level, std::uint64_t tile, std::size_t width);

class TileTree {
 public:
  // Gives the bytes at a path; kNotFound when there is nothing.
  using Fetch = std::function<Result<std::string>(const std::string& path)>;
  TileTree(std::uint64_t size, Fetch fetch) : size_(size), fetch_(std::move(fetch)) {}

  // Errors: those of `fetch`; kMalformed; kInvalidArgument for an index or range beyond the size.
  Result<std::string> Entry(std::uint64_t index);
  Result<std::vector<Sha256Digest>> InclusionProof(std::uint64_t index);
  // The RFC 6962 hash of the leaves [begin, end).
  Result<Sha256Digest> RangeHash(std::uint64_t begin, std::uint64_t end);

 private:
  Result<std::string> FetchTile(std::string_view level, std::uint64_t tile, std::uint64_t count,
                                std::size_t* width);
  // The complete subtree of 2^height leaves whose number is `index`.
  Result<Sha256Digest> Node(unsigned height, std::uint64_t index);

  const std::uint64_t size_;
  const Fetch fetch_;
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Sha256Digest>> tiles_;
};

}  // namespace plimsoll::rekor
