// The JSON Lines of `plimsoll replay`: what goes in, and what comes out.
//
// A line is one of: an observation {time, repository, digest, running, podCreated?, posture, reason?, signers?,
// provenance?, notes?, trustRootStale?, log?: {proven: [{signer, here}], contradicted}} with signers as `inspect` prints
// them; a policy {time, policy: NAME, spec}; its removal {time, policyRemoved: NAME}; a deletion {time, deleted:
// REPOSITORY}; the passing of time {time}. An unknown member is refused: a misspelt one would silently change the answer.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "baseline/replay.h"
#include "json/writer.h"

namespace plimsoll::cli {

inline constexpr std::size_t kMaxReplayLineBytes = 4u << 20;

// kMalformed, kLimitExceeded or kInvalidArgument; the message names the member, not the line's number.
Result<baseline::ReplayEvent> ReadReplayLine(std::string_view text, std::uint64_t line);

// `image` is what the line is about, for people: the tags of a registry's history.
std::string ReplayLineJson(const baseline::ReplayLine& line, std::string_view image = {});
std::string ReplaySummaryJson(const baseline::ReplaySummary& summary);

}  // namespace plimsoll::cli
