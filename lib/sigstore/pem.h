// Cuts a text of several PEM blocks (RFC 7468) into its blocks. Only white space may stand between them.
// Errors: kMalformed, kLimitExceeded. What is in a block is for its reader to judge.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::sigstore {

Result<std::vector<std::string_view>> SplitPem(std::string_view text, std::size_t max_blocks);

}  // namespace plimsoll::sigstore
