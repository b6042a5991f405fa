#include "proto_json.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/printable.h"

namespace plimsoll::sigstore {
namespace {

// Base64 grows by a third; line breaks add a little.
std::size_t EncodedBound(std::size_t bytes) { return bytes / 3 * 4 + bytes / 16 + 64; }

Error TooLong(std::size_t max_bytes) {
  return {kLimitExceeded, "more than " + std::to_string(max_bytes) + " bytes", false};
}

// Its errors do not say of what: paths are written only when somebody reads them.
Result<Bytes> Decode(std::string_view text, std::size_t max_bytes) {
  if (text.size() > EncodedBound(max_bytes)) return Forward(TooLong(max_bytes));
  std::string joined;
  if (text.find_first_of("\r\n") != std::string_view::npos) {
    std::copy_if(text.begin(), text.end(), std::back_inserter(joined),
                 [](char c) { return c != '\r' && c != '\n'; });
    text = joined;
  }
  auto bytes = Base64DecodeEither(text);
  if (!bytes) return Fail(kMalformed, "expected base64");
  if (bytes->size() > max_bytes) return Forward(TooLong(max_bytes));
  return bytes;
}

}  // namespace

Result<json::Document> ParseJson(std::string_view text, std::size_t max_bytes, const Limits& limits,
                                 std::string_view what) {
  json::Limits bounds;
  bounds.max_bytes = max_bytes;
  bounds.max_depth = limits.json_depth;
  bounds.max_values = limits.json_values;
  auto document = json::Document::Parse(text, bounds);
  if (!document) {
    return Fail(document.error().code, std::string(what) + ": " + document.error().message);
  }
  return document;
}

Result<Bytes> DecodeBase64Text(std::string_view text, std::size_t max_bytes,
                               std::string_view what) {
  auto bytes = Decode(text, max_bytes);
  if (!bytes) return Fail(bytes.error().code, std::string(what) + ": " + bytes.error().message);
  return bytes;
}

Result<Bytes> ProtoBytes(const json::Value& value, std::size_t max_bytes) {
  if (!value.present()) return Bytes{};
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  auto bytes = Decode(text, max_bytes);
  if (!bytes) return Fail(bytes.error().code, value.Path() + ": " + bytes.error().message);
  return bytes;
}

Result<std::int64_t> ProtoInt64(const json::Value& value) {
  if (!value.present()) return 0;
  if (!value.IsString()) return value.Int64();
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return Fail(kMalformed, value.Path() + ": expected a 64-bit integer, found \"" +
                                Printable(text, 32) + "\"");
  }
  return number;
}

Result<std::string> ProtoString(const json::Value& value) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.StringOr(""));
  return std::string(text);
}

Result<std::optional<Time>> ProtoTime(const json::Value& value) {
  if (!value.present()) return std::nullopt;
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  auto time = ParseTime(text);
  if (!time) return Fail(kMalformed, value.Path() + ": " + time.error().message);
  return *time;
}

Result<Bytes> HexField(const json::Value& value, std::size_t max_bytes) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  if (text.size() > 2 * max_bytes) {
    return Fail(kLimitExceeded,
                value.Path() + ": more than " + std::to_string(max_bytes) + " bytes");
  }
  auto bytes = HexDecode(text);
  if (!bytes) return Fail(kMalformed, value.Path() + ": expected hexadecimal digits");
  return bytes;
}

}  // namespace plimsoll::sigstore
