// Where third-party test data lies: data of others to test against, never part of this project's own tree.
// `PLIMSOLL_TEST_DATA`, else `<source>/../shared/data`. A test that needs it begins with
// PLIMSOLL_NEEDS_TEST_DATA() and is skipped, saying so, where it is absent.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::test {

std::optional<std::filesystem::path> TestDataRoot();
// The path of a file or folder in it. Only after PLIMSOLL_NEEDS_TEST_DATA().
std::filesystem::path TestDataPath(std::string_view relative);
// A whole file; empty when it cannot be read.
std::string ReadWholeFile(const std::filesystem::path& path);
std::string ReadTestData(std::string_view relative);

}  // namespace plimsoll::test

#define PLIMSOLL_NEEDS_TEST_DATA()                                                             \
  do {                                                                                         \
    if (!::plimsoll::test::TestDataRoot()) {                                                   \
      GTEST_SKIP() << "third-party test data is absent: set PLIMSOLL_TEST_DATA to its folder"; \
    }                                                                                          \
  } while (false)
