#include "base/encoding.h"

#include <array>

namespace plimsoll {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> ReverseOf(std::string_view alphabet) {
  std::array<std::uint8_t, 256> reverse{};
  for (auto& value : reverse) value = kNone;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    reverse[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return reverse;
}
constexpr auto kStandardReverse = ReverseOf(kStandard);
constexpr auto kUrlReverse = ReverseOf(kUrl);

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Encode64(ByteView bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const auto group =
        static_cast<std::uint32_t>(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) out.push_back(alphabet[group >> shift & 63]);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return out;
  const auto group =
      static_cast<std::uint32_t>(bytes[i] << 16 | (rest == 2 ? bytes[i + 1] << 8 : 0));
  out.push_back(alphabet[group >> 18 & 63]);
  out.push_back(alphabet[group >> 12 & 63]);
  if (rest == 2) out.push_back(alphabet[group >> 6 & 63]);
  if (padded) out.append(3 - rest, '=');
  return out;
}

Result<Bytes> Decode64(std::string_view text, const std::array<std::uint8_t, 256>& reverse) {
  if (text.size() % 4 == 1) {
    return Fail(kMalformed,
                "base64 of an impossible length (" + std::to_string(text.size()) + " characters)");
  }
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint8_t value = reverse[static_cast<unsigned char>(c)];
    if (value == kNone) return Fail(kMalformed, "base64 with a character outside its alphabet");
    group = group << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(group >> bits & 0xff));
    }
  }
  if ((group & ((1u << bits) - 1)) != 0) {
    return Fail(kMalformed, "base64 with trailing bits that are not zero");
  }
  return out;
}

}  // namespace

std::string HexEncode(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  return out;
}

Result<Bytes> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return Fail(kMalformed, "hex with an odd number of digits");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0)
      return Fail(kMalformed, "hex with a character that is no hexadecimal digit");
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

bool IsLowerHex(std::string_view text, std::size_t length) {
  if (text.size() != length) return false;
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string Base64Encode(ByteView bytes) { return Encode64(bytes, kStandard, true); }
std::string Base64UrlEncode(ByteView bytes) { return Encode64(bytes, kUrl, false); }

Result<Bytes> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return Fail(kMalformed, "base64 without its padding");
  std::string_view body = text;
  for (int i = 0; i < 2 && !body.empty() && body.back() == '='; ++i) body.remove_suffix(1);
  return Decode64(body, kStandardReverse);
}

Result<Bytes> Base64DecodeEither(std::string_view text) {
  std::string_view body = text;
  int padding = 0;
  for (; padding < 2 && !body.empty() && body.back() == '='; ++padding) body.remove_suffix(1);
  if (padding != 0 && text.size() % 4 != 0) return Fail(kMalformed, "base64 with wrong padding");
  const bool url = body.find_first_of("-_") != std::string_view::npos;
  return Decode64(body, url ? kUrlReverse : kStandardReverse);
}

std::string Base32LowerEncode(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    group = group << 8 | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kBase32[group >> bits & 31]);
    }
  }
  if (bits > 0) out.push_back(kBase32[group << (5 - bits) & 31]);
  return out;
}

}  // namespace plimsoll
