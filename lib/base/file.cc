#include "base/file.h"

#include <filesystem>
#include <fstream>

namespace plimsoll {

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Fail(kInvalidArgument, path + " is a folder; expected a file");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return Fail(kNotFound, "cannot open " + path + ": check that it exists and is readable");
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto count = static_cast<std::size_t>(in.gcount());
  if (count > max_bytes) {
    return Fail(kLimitExceeded, path + " is larger than " + std::to_string(max_bytes) + " bytes");
  }
  text.resize(count);
  return text;
}

}  // namespace plimsoll
