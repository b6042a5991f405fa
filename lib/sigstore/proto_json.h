// Readers for the proto3 JSON mapping as Sigstore's clients write it: bytes in either base64 alphabet
// (line breaks inside are skipped, as Go's decoder does), int64 as string or number, null as absent,
// RFC 3339 times. Errors: kMalformed with the path of the field; kLimitExceeded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "json/json.h"
#include "sigstore/limits.h"

namespace plimsoll::sigstore {

Result<json::Document> ParseJson(std::string_view text, std::size_t max_bytes, const Limits& limits,
                                 std::string_view what);

// Base64 in either alphabet, line breaks skipped.
Result<Bytes> DecodeBase64Text(std::string_view text, std::size_t max_bytes, std::string_view what);

// Missing and null give an empty result.
Result<Bytes> ProtoBytes(const json::Value& value, std::size_t max_bytes);
Result<std::int64_t> ProtoInt64(const json::Value& value);  // missing and null: 0
Result<std::string> ProtoString(const json::Value& value);  // missing and null: ""
Result<std::optional<Time>> ProtoTime(const json::Value& value);

// "0123ab..." of any case, as bytes.
Result<Bytes> HexField(const json::Value& value, std::size_t max_bytes);

}  // namespace plimsoll::sigstore
