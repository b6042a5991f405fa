#include "pem.h"

#include <string>

namespace plimsoll::sigstore {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

Result<std::vector<std::string_view>> SplitPem(std::string_view text, std::size_t max_blocks) {
  std::vector<std::string_view> blocks;
  for (;;) {
    const auto start = text.find_first_not_of(kSpace);
    if (start == std::string_view::npos) return blocks;
    text.remove_prefix(start);
    const auto end = text.find(kEnd);
    const auto close = end == std::string_view::npos ? end : text.find(kDashes, end + kEnd.size());
    if (!text.starts_with(kBegin) || close == std::string_view::npos) {
      return Fail(kMalformed,
                  "expected PEM blocks, \"-----BEGIN ...-----\" to \"-----END ...-----\"");
    }
    if (blocks.size() == max_blocks) {
      return Fail(kLimitExceeded, "more than " + std::to_string(max_blocks) + " PEM blocks");
    }
    blocks.push_back(text.substr(0, close + kDashes.size()));
    text.remove_prefix(close + kDashes.size());
  }
}

}  // namespace plimsoll::sigstore
