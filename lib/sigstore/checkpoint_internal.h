// A checkpoint under chosen log keys, for the other files of this room.
#pragma once

#include <vector>

#include "sigstore/checkpoint.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {

// 9999-12-31T23:59:59Z: the last second that a Time of ours shows.
inline constexpr std::int64_t kLatestSecond = 253'402'300'799;

// As VerifyCheckpoint, but only these keys count. `logs` is not empty.
Result<VerifiedCheckpoint> VerifyCheckpointBy(std::string_view signed_note,
                                              const std::vector<const LogKey*>& logs,
                                              const Limits& limits);

}  // namespace plimsoll::sigstore
