#include "base/file.h"

#include <array>
#include <filesystem>
#include <fstream>

namespace plimsoll {
namespace {

constexpr std::size_t kReadBytes = 16u << 10;

}  // namespace

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Fail(kInvalidArgument, path + " is a folder; expected a file");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return Fail(kNotFound, "cannot open " + path + ": check that it exists and is readable");
  // As much memory as the file needs, not as much as it may have.
  std::string text;
  std::array<char, kReadBytes> buffer;
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) {
      return Fail(kLimitExceeded, path + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
  return text;
}

}  // namespace plimsoll
