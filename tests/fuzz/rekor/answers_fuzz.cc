// Every answer of a log: index, entries, information, consistency proofs, tiles, entry bundles.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rekor/answers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const rekor::AnswerLimits limits{
      .bytes = 1u << 16, .uuids = 4, .entries = 4, .shards = 4, .proof_hashes = 4};
  if (const auto uuids = rekor::ReadUuids(text, limits)) {
    for (const std::string& uuid : *uuids) {
      if (uuid.size() != 64 && uuid.size() != 80) std::abort();
    }
  }
  if (const auto entries = rekor::ReadEntries(text, limits)) {
    if (entries->size() > limits.entries) std::abort();
    for (const std::string& entry : *entries) {
      // Each is an object with one member, whatever was in the answer. (Its text may differ: numbers beyond 2^53 are
      // read to the nearest but one.)
      const auto again = rekor::ReadEntries(entry, limits);
      if (again && again->size() != 1) std::abort();
    }
  }
  if (const auto info = rekor::ReadLogInfo(text, limits)) {
    if (info->inactive.size() > limits.shards) std::abort();
  }
  if (const auto proof = rekor::ReadConsistencyProof(text, limits)) {
    if (proof->size() > limits.proof_hashes) std::abort();
  }
  for (const std::size_t width : {std::size_t{1}, std::size_t{3}, std::size_t{256}}) {
    if (const auto hashes = rekor::ReadHashTile(text, width)) {
      if (hashes->size() != width) std::abort();
    }
    if (const auto entries = rekor::ReadEntryBundle(text, width)) {
      if (entries->size() != width) std::abort();
    }
  }
  return 0;
}
