#pragma once

#include <string>
#include <vector>

namespace plimsoll::bench {

// A CREATE of a usual Pod as an API server sends it: a container for each image, with probes, variables, volumes, managed
// fields.
std::string ReviewBody(const std::vector<std::string>& images, const std::string& name_space);

}  // namespace plimsoll::bench
