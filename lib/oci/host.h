// The one spelling of a registry host.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::oci {

// "Registry.Example:443" -> "registry.example", "index.docker.io" -> "docker.io"; nothing when it is no host.
std::optional<std::string> NormalHost(std::string_view host);

}  // namespace plimsoll::oci
