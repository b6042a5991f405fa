// The flat tree behind YamlFile and YamlNode. Private to the room.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace plimsoll::config {

inline constexpr std::uint32_t kNoItem = std::numeric_limits<std::uint32_t>::max();

struct YamlItem {
  YamlKind kind = YamlKind::kNull;
  bool quoted = false;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t key_line = 1;  // of a mapping's value
  std::uint32_t key_column = 1;
  std::uint32_t parent = kNoItem;
  std::uint32_t first_child = kNoItem;
  std::uint32_t next_sibling = kNoItem;
  std::uint32_t size = 0;
  std::string name;  // the key, of a mapping's value
  std::string text;  // of a scalar
};

struct YamlFile::Impl {
  std::string name;
  std::vector<YamlItem> items;
};

// "file:line:column: "
std::string YamlPlace(std::string_view file, std::size_t line, std::size_t column);

}  // namespace plimsoll::config
