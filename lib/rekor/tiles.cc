#include "tiles.h"

#include <bit>

#include "rekor/answers.h"
#include "sigstore/merkle.h"

namespace plimsoll::rekor {
namespace {

constexpr std::uint64_t kTileWidth = 256;
constexpr unsigned kTileHeight = 8;

// The largest power of two below `count`, which is at least 2.
std::uint64_t Split(std::uint64_t count) { return std::bit_floor(count - 1); }

std::string ThreeDigits(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(3 - digits.size(), '0') + digits;
}

}  // namespace

std::string TilePath(std::string_view level, std::uint64_t tile, std::size_t width) {
  std::string path = ThreeDigits(tile % 1000);
  for (std::uint64_t rest = tile / 1000; rest > 0; rest /= 1000) {
    path = "x" + ThreeDigits(rest % 1000) + "/" + path;
  }
  path = "tile/" + std::string(level) + "/" + path;
  if (width < kTileWidth) path += ".p/" + std::to_string(width);
  return path;
}

Result<std::string> TileTree::FetchTile(std::string_view level, std::uint64_t tile,
                                        std::uint64_t count, std::size_t* width) {
  *width = static_cast<std::size_t>(std::min(kTileWidth, count - tile * kTileWidth));
  auto bytes = fetch_(TilePath(level, tile, *width));
  // A part that has been filled since may be gone; the whole tile begins with it.
  const bool gone = !bytes && bytes.error().code == kNotFound && *width < kTileWidth;
  if (gone) return fetch_(TilePath(level, tile, kTileWidth));
  return bytes;
}

Result<std::string> TileTree::Entry(std::uint64_t index) {
  if (index >= size_) return Fail(kInvalidArgument, "an index beyond the tree's size");
  std::size_t width = 0;
  const std::uint64_t tile = index / kTileWidth;
  PLIMSOLL_ASSIGN(const std::string bytes, FetchTile("entries", tile, size_, &width));
  PLIMSOLL_ASSIGN(std::vector<std::string> entries, ReadEntryBundle(bytes, width));
  return std::move(entries[index % kTileWidth]);
}

Result<Sha256Digest> TileTree::Node(unsigned height, std::uint64_t index) {
  const unsigned level = height / kTileHeight;
  const unsigned within = height % kTileHeight;
  const std::uint64_t first = index << within;
  const std::uint64_t tile = first / kTileWidth;
  auto found = tiles_.find({level, tile});
  if (found == tiles_.end()) {
    std::size_t width = 0;
    PLIMSOLL_ASSIGN(const std::string bytes,
                    FetchTile(std::to_string(level), tile, size_ >> (level * kTileHeight), &width));
    PLIMSOLL_ASSIGN(auto hashes, ReadHashTile(bytes, width));
    found = tiles_.emplace(std::pair(level, tile), std::move(hashes)).first;
  }
  const auto begin = found->second.begin() + static_cast<std::ptrdiff_t>(first % kTileWidth);
  std::vector<Sha256Digest> nodes(begin, begin + (std::ptrdiff_t{1} << within));
  while (nodes.size() > 1) {
    for (std::size_t i = 0; i < nodes.size() / 2; ++i) {
      nodes[i] = sigstore::NodeHash(nodes[2 * i], nodes[2 * i + 1]);
    }
    nodes.resize(nodes.size() / 2);
  }
  return nodes.front();
}

Result<Sha256Digest> TileTree::RangeHash(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end || end > size_) return Fail(kInvalidArgument, "a range beyond the tree's size");
  const std::uint64_t count = end - begin;
  if (std::has_single_bit(count) && begin % count == 0) {
    const auto height = static_cast<unsigned>(std::countr_zero(count));
    return Node(height, begin >> height);
  }
  const std::uint64_t middle = begin + Split(count);
  PLIMSOLL_ASSIGN(const Sha256Digest left, RangeHash(begin, middle));
  PLIMSOLL_ASSIGN(const Sha256Digest right, RangeHash(middle, end));
  return sigstore::NodeHash(left, right);
}

Result<std::vector<Sha256Digest>> TileTree::InclusionProof(std::uint64_t index) {
  if (index >= size_) return Fail(kInvalidArgument, "an index beyond the tree's size");
  // RFC 9162 section 2.1.3.1, from the root downwards.
  std::vector<Sha256Digest> proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size_;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + Split(end - begin);
    const bool left = index < middle;
    PLIMSOLL_ASSIGN(proof.emplace_back(), left ? RangeHash(middle, end) : RangeHash(begin, middle));
    (left ? end : begin) = middle;
  }
  return std::vector<Sha256Digest>(proof.rbegin(), proof.rend());
}

}  // namespace plimsoll::rekor
