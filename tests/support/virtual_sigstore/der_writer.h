// Writes DER, also such as no real encoder would: certificates and time-stamps of the tests are put
// together from these, so that every field can be wrong by itself.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace plimsoll::test::der {

Bytes Concat(std::initializer_list<Bytes> parts);
Bytes Concat(const std::vector<Bytes>& parts);
Bytes Tagged(std::uint8_t tag, ByteView content);

Bytes Sequence(std::initializer_list<Bytes> parts);
Bytes Sequence(const std::vector<Bytes>& parts);
// In the order of their encodings, as DER asks for a SET OF.
Bytes SetOf(std::vector<Bytes> parts);
Bytes Explicit(int number, ByteView content);  // [number] constructed
Bytes Implicit(int number, ByteView content);  // [number] primitive

Bytes Integer(std::int64_t value);   // not negative
Bytes Integer(ByteView big_endian);  // unsigned
Bytes Boolean(bool value);
Bytes Null();
Bytes Oid(std::string_view dotted);
Bytes OctetString(ByteView content);
Bytes BitString(ByteView content, int unused_bits = 0);
Bytes Utf8String(std::string_view text);
Bytes Ia5String(std::string_view text);
// UTCTime until 2049, then GeneralizedTime, whole seconds (RFC 5280 section 4.1.2.5).
Bytes CertificateTime(Time time);
// With a fraction when there is one, without trailing zeros (RFC 3161 section 2.4.2).
Bytes GeneralizedTime(Time time);

}  // namespace plimsoll::test::der
