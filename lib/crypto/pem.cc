#include "pem.h"

#include "base/encoding.h"
#include "base/printable.h"
#include "crypto/limits.h"

namespace plimsoll::crypto {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::size_t kColumns = 64;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view SkipSpace(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  return text;
}

// Reads one block and moves `text` behind it.
Result<PemBlock> TakeBlock(std::string_view& text) {
  if (!text.starts_with(kBegin)) {
    return Fail(kMalformed, "expected a PEM block, found \"" + Printable(text, 24) + "\"");
  }
  text.remove_prefix(kBegin.size());
  const std::size_t label_end = text.find(kDashes);
  if (label_end > 64) {  // npos, too
    return Fail(kMalformed, "PEM: the BEGIN line has no end");
  }
  PemBlock block{std::string(text.substr(0, label_end)), {}};
  text.remove_prefix(label_end + kDashes.size());
  const std::string closing = std::string(kEnd) + block.label + std::string(kDashes);
  const std::size_t body_end = text.find(kDashes);
  if (body_end == std::string_view::npos || !text.substr(body_end).starts_with(closing)) {
    return Fail(kMalformed, "PEM: no END line for " + Printable(block.label));
  }
  std::string base64;
  for (const char c : text.substr(0, body_end)) {
    if (!IsSpace(c)) base64.push_back(c);
  }
  text.remove_prefix(body_end + closing.size());
  auto der = Base64Decode(base64);
  if (!der || der->empty()) {
    return Fail(kMalformed, "PEM: the body of " + Printable(block.label) + " is not base64");
  }
  block.der = *std::move(der);
  return block;
}

}  // namespace

Result<std::vector<PemBlock>> ParsePem(std::string_view text, std::size_t max_blocks) {
  if (text.size() > kLimits.max_pem_bytes) {
    return Fail(kLimitExceeded, "PEM text has " + std::to_string(text.size()) + " bytes, at most " +
                                    std::to_string(kLimits.max_pem_bytes) + " are read");
  }
  std::vector<PemBlock> blocks;
  for (text = SkipSpace(text); !text.empty(); text = SkipSpace(text)) {
    PLIMSOLL_ASSIGN(PemBlock block, TakeBlock(text));
    if (blocks.size() == max_blocks) {
      return Fail(kLimitExceeded, "more than " + std::to_string(max_blocks) + " PEM blocks");
    }
    blocks.push_back(std::move(block));
  }
  if (blocks.empty()) return Fail(kMalformed, "expected a PEM block, found nothing");
  return blocks;
}

std::string WritePem(std::string_view label, ByteView der) {
  const std::string base64 = Base64Encode(der);
  std::string text(kBegin);
  text.append(label).append(kDashes).push_back('\n');
  for (std::size_t i = 0; i < base64.size(); i += kColumns) {
    text.append(base64, i, kColumns).push_back('\n');
  }
  text.append(kEnd).append(label).append(kDashes).push_back('\n');
  return text;
}

}  // namespace plimsoll::crypto
