// Strict PEM (RFC 7468): blocks and white space, nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace plimsoll::crypto {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  Bytes der;
};

// One to max_blocks blocks. kMalformed for text outside blocks, headers inside them, unequal labels, bad
// base64; kLimitExceeded for more blocks or more bytes than allowed.
Result<std::vector<PemBlock>> ParsePem(std::string_view text, std::size_t max_blocks);

std::string WritePem(std::string_view label, ByteView der);

}  // namespace plimsoll::crypto
