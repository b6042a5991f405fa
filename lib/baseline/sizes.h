// How many bytes one element of a record's lists takes in JSON, as EstimateBytes counts it.
#pragma once

#include <cstddef>

#include "baseline/record.h"

namespace plimsoll::baseline {

std::size_t SizeOf(const SignerRecord& record);
std::size_t SizeOf(const ImageRecord& record);
std::size_t SizeOf(const RememberedRecord& record);
std::size_t SizeOf(const HistoryRecord& record);
std::size_t SizeOf(const DriftRecord& record);

}  // namespace plimsoll::baseline
