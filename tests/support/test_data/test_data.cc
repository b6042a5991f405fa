#include "support/test_data/test_data.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace plimsoll::test {

std::optional<std::filesystem::path> TestDataRoot() {
  const char* named = std::getenv("PLIMSOLL_TEST_DATA");
  std::filesystem::path root = named != nullptr
                                   ? std::filesystem::path(named)
                                   : std::filesystem::path(PLIMSOLL_SOURCE_DIR) / "../shared/data";
  std::error_code error;
  if (!std::filesystem::is_regular_file(root / "README.md", error)) return std::nullopt;
  return std::filesystem::weakly_canonical(root, error);
}

std::filesystem::path TestDataPath(std::string_view relative) {
  return TestDataRoot().value_or("") / relative;
}

std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string ReadTestData(std::string_view relative) {
  return ReadWholeFile(TestDataPath(relative));
}

}  // namespace plimsoll::test
