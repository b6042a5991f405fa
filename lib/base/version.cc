#include "base/version.h"

namespace plimsoll {

std::string_view Version() { return PLIMSOLL_VERSION; }

}  // namespace plimsoll
