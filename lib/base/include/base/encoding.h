// Hex, base64 (RFC 4648 sections 4 and 5) and base32 (section 6, lower case, no padding).
//
// Decoders are strict: no white space, no trailing bits that are not zero, padding complete or
// (where the alphabet says so) absent. Errors: kMalformed.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace plimsoll {

std::string HexEncode(ByteView bytes);  // lower case
// Accepts both cases; an odd length or any other character is kMalformed.
Result<Bytes> HexDecode(std::string_view text);
// True when text is exactly `length` characters of 0-9a-f.
bool IsLowerHex(std::string_view text, std::size_t length);

std::string Base64Encode(ByteView bytes);           // standard alphabet, padded
std::string Base64UrlEncode(ByteView bytes);        // URL alphabet, unpadded
Result<Bytes> Base64Decode(std::string_view text);  // standard alphabet, padded
// Either alphabet (not mixed), padding present or absent: what protobuf's JSON mapping and DSSE ask
// verifiers to accept.
Result<Bytes> Base64DecodeEither(std::string_view text);

std::string Base32LowerEncode(ByteView bytes);  // a-z2-7, no padding

}  // namespace plimsoll
