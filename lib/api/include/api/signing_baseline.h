// A SigningBaseline as it is stored: metadata, and the record that its status holds.
#pragma once

#include <string>
#include <string_view>

#include "api/meta.h"
#include "base/result.h"
#include "baseline/record.h"

namespace plimsoll::api {

// The largest object that is read: ours are at most 128 KiB, a hand may have made them larger.
inline constexpr json::Limits kResourceLimits{2u << 20, 32, 100'000, false};

struct SigningBaseline {
  ObjectMeta meta;
  // record.repository is spec.repository. The object may be used only under the name of its repository:
  // see IsUsable.
  baseline::Record record;

  const std::string& repository() const { return record.repository; }
};

// kMalformed: not JSON, no name, or no spec.repository. A status that is odd is read as far as it goes.
Result<SigningBaseline> ReadSigningBaseline(std::string_view json);

// False when the object stands under another name than its repository's (NameCollision), or its repository
// is not one that the schema takes.
bool IsUsable(const SigningBaseline& object);

// The object as it is created: spec and label. The API server drops a status on create.
std::string NewSigningBaselineJson(std::string_view repository);
// The object as its status is written, fenced by meta.resource_version.
std::string SigningBaselineJson(const SigningBaseline& object);

}  // namespace plimsoll::api
