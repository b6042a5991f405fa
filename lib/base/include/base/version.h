// The version of Plimsoll, from the one place that states it (the project's CMakeLists.txt).
#pragma once

#include <string_view>

namespace plimsoll {

std::string_view Version();  // "0.1.0"

}  // namespace plimsoll
