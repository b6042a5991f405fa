#include "support/virtual_sigstore/der_writer.h"

#include <algorithm>
#include <cstdio>
#include <string>

namespace plimsoll::test::der {
namespace {

constexpr std::uint8_t kConstructedContext = 0xa0;
constexpr std::uint8_t kPrimitiveContext = 0x80;

std::string Compact(Time time) {
  std::string text;
  for (const char c : FormatTime(time)) {
    if (c != '-' && c != ':' && c != 'T') text.push_back(c);
  }
  return text;
}

void AppendBase128(Bytes& out, std::uint64_t value) {
  int shift = 63;
  while (shift > 0 && (value >> shift) == 0) shift -= 7;
  for (; shift > 0; shift -= 7) {
    out.push_back(static_cast<std::uint8_t>(0x80 | ((value >> shift) & 0x7f)));
  }
  out.push_back(static_cast<std::uint8_t>(value & 0x7f));
}

}  // namespace

Bytes Concat(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
Bytes Concat(std::initializer_list<Bytes> parts) { return Concat(std::vector<Bytes>(parts)); }

Bytes Tagged(std::uint8_t tag, ByteView content) {
  Bytes out{tag};
  const std::size_t length = content.size();
  if (length < 0x80) {
    out.push_back(static_cast<std::uint8_t>(length));
  } else {
    int count = 1;
    while (length >> (8 * count) != 0) ++count;
    out.push_back(static_cast<std::uint8_t>(0x80 | count));
    while (count-- > 0) out.push_back(static_cast<std::uint8_t>(length >> (8 * count)));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes Sequence(const std::vector<Bytes>& parts) { return Tagged(0x30, Concat(parts)); }
Bytes Sequence(std::initializer_list<Bytes> parts) { return Tagged(0x30, Concat(parts)); }
Bytes SetOf(std::vector<Bytes> parts) {
  std::sort(parts.begin(), parts.end());
  return Tagged(0x31, Concat(parts));
}
Bytes Explicit(int number, ByteView content) {
  return Tagged(static_cast<std::uint8_t>(kConstructedContext | number), content);
}
Bytes Implicit(int number, ByteView content) {
  return Tagged(static_cast<std::uint8_t>(kPrimitiveContext | number), content);
}

Bytes Integer(std::int64_t value) {
  Bytes big_endian;
  for (int shift = 56; shift >= 0; shift -= 8) {
    big_endian.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  return Integer(ByteView(big_endian));
}

Bytes Integer(ByteView big_endian) {
  while (big_endian.size() > 1 && big_endian[0] == 0) big_endian = big_endian.subspan(1);
  Bytes content = ToBytes(big_endian);
  if (content.empty() || (content[0] & 0x80) != 0) content.insert(content.begin(), 0);
  return Tagged(0x02, content);
}

Bytes Boolean(bool value) {
  return Tagged(0x01, Bytes{static_cast<std::uint8_t>(value ? 0xff : 0)});
}
Bytes Null() { return {0x05, 0x00}; }

Bytes Oid(std::string_view dotted) {
  std::vector<std::uint64_t> arcs;
  std::uint64_t arc = 0;
  for (const char c : dotted) {
    if (c == '.') {
      arcs.push_back(arc);
      arc = 0;
    } else {
      arc = arc * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }
  arcs.push_back(arc);
  Bytes content;
  AppendBase128(content, arcs.at(0) * 40 + arcs.at(1));
  for (std::size_t i = 2; i < arcs.size(); ++i) AppendBase128(content, arcs[i]);
  return Tagged(0x06, content);
}

Bytes OctetString(ByteView content) { return Tagged(0x04, content); }
Bytes BitString(ByteView content, int unused_bits) {
  Bytes inner{static_cast<std::uint8_t>(unused_bits)};
  inner.insert(inner.end(), content.begin(), content.end());
  return Tagged(0x03, inner);
}
Bytes Utf8String(std::string_view text) { return Tagged(0x0c, AsBytes(text)); }
Bytes Ia5String(std::string_view text) { return Tagged(0x16, AsBytes(text)); }

Bytes CertificateTime(Time time) {
  const std::string text = Compact(time);
  const bool utc = text >= "1950" && text < "2050";
  return Tagged(utc ? 0x17 : 0x18, AsBytes(utc ? std::string_view(text).substr(2) : text));
}

Bytes GeneralizedTime(Time time) {
  std::string text = Compact(time);
  const auto micros = (time - WholeSeconds(time)).count();
  if (micros != 0) {
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%06d", static_cast<int>(micros));
    std::string digits(fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    text.insert(text.size() - 1, digits);
  }
  return Tagged(0x18, AsBytes(text));
}

}  // namespace plimsoll::test::der
