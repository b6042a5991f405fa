// Reading small files: configuration, certificates, tokens.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace plimsoll {

// The whole file. kNotFound when it cannot be opened, kLimitExceeded when it is larger than
// max_bytes, kInvalidArgument when it is a folder.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

}  // namespace plimsoll
