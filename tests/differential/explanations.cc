#include "explanations.h"

#include <array>

namespace plimsoll::differential {
namespace {

constexpr std::array kExplanations = {
    Explanation{"-", "-", "-", "-"},
};

}  // namespace

std::span<const Explanation> Explanations() { return kExplanations; }

}  // namespace plimsoll::differential
