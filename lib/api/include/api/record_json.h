// The status of a SigningBaseline, to and from a baseline record, without loss.
//
// One description of each part serves both directions (record_json.cc), so a field cannot be written and not
// be read back. Absent values are left out. Reading tolerates what a hand or a newer release may have written:
// unknown members are ignored; a member of another type, beyond its bound, or outside its closed list is
// absent; a list item that lacks what it cannot be without, and all items beyond the bound, are left out. A
// signer that is not well-formed, or whose id is not the one of its tuple, is left out: trust is never read from
// what does not fit together.
//
// `repository` is spec.repository: the caller has checked that it is the right one (names.h).
#pragma once

#include <string>

#include "baseline/record.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::api {

baseline::Record ReadRecord(std::string repository, const json::Value& status);
// One JSON object.
void WriteRecord(json::Writer& writer, const baseline::Record& record);

}  // namespace plimsoll::api
