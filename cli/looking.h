// Looking at many images of registries: several at a time, with a sign of life.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "cli/command.h"

namespace plimsoll::cli {

// Calls `look(i)` for every i below `count`, several at a time, on threads of its own; returns when all are done.
// `look` must be safe to call from several threads for different i. Where someone watches stderr it says how far
// it is.
void LookAtAll(const Invocation& invocation, std::size_t count, const std::string& what,
               const std::function<void(std::size_t)>& look);

}  // namespace plimsoll::cli
