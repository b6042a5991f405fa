// The one place that drives RapidJSON's reader: the checks that it does not make itself, and its
// errors in words. `Sink` is called without virtual dispatch.
#pragma once

// RapidJSON asserts on misuse; a defect must stop the program, never run on with undefined
// behaviour.
#include <cstdlib>
#define RAPIDJSON_ASSERT(x) ((x) ? static_cast<void>(0) : std::abort())
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cmath>
#include <string>
#include <string_view>

#include "base/printable.h"
#include "base/result.h"
#include "json/json.h"
#include "text_checks.h"

namespace plimsoll::json::internal {

// Iterative: depth costs no stack. Encoding is validated. Full precision is never asked for:
// RapidJSON 1.1.0 reads out of bounds with it.
inline constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

// Adapts a Sink to RapidJSON's handler concept, and counts. A Sink has the methods of
// json::Handler.
template <class Sink>
class Adapter {
 public:
  Adapter(const Limits& limits, Sink& sink) : limits_(limits), sink_(sink) {}

  bool Null() { return Count() && Told(sink_.Null()); }
  bool Bool(bool value) { return Count() && Told(sink_.Bool(value)); }
  bool Int(int value) { return Count() && Told(sink_.Int(value)); }
  bool Uint(unsigned value) { return Count() && Told(sink_.Int(static_cast<std::int64_t>(value))); }
  bool Int64(std::int64_t value) { return Count() && Told(sink_.Int(value)); }
  bool Uint64(std::uint64_t value) { return Count() && Told(sink_.Uint(value)); }
  bool Double(double value) { return Count() && Told(sink_.Double(value)); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return Count() && Utf8({text, length}) && Told(sink_.String({text, length}));
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    return Count() && Utf8({text, length}) && Told(sink_.Key({text, length}));
  }
  bool StartObject() { return Enter() && Count() && Told(sink_.StartObject()); }
  bool EndObject(rapidjson::SizeType) { return Leave() && Told(sink_.EndObject()); }
  bool StartArray() { return Enter() && Count() && Told(sink_.StartArray()); }
  bool EndArray(rapidjson::SizeType) { return Leave() && Told(sink_.EndArray()); }

  // Why the adapter stopped the parse; empty when it did not.
  const std::string& limit() const { return limit_; }
  bool not_utf8() const { return not_utf8_; }

 private:
  bool Count() {
    if (++values_ <= limits_.max_values) return true;
    limit_ = "JSON with more than " + std::to_string(limits_.max_values) + " values";
    return false;
  }
  bool Enter() {
    if (++depth_ <= limits_.max_depth) return true;
    limit_ = "JSON nested deeper than " + std::to_string(limits_.max_depth);
    return false;
  }
  bool Leave() {
    --depth_;
    return true;
  }
  bool Told(bool goes_on) {
    stopped_ = stopped_ || !goes_on;
    return goes_on;
  }
  // RapidJSON accepts the escape of a lone surrogate and makes bytes of it that are not UTF-8.
  bool Utf8(std::string_view text) {
    not_utf8_ = !IsUtf8(text);
    return !not_utf8_;
  }

  const Limits& limits_;
  Sink& sink_;
  std::size_t values_ = 0;
  std::size_t depth_ = 0;
  std::string limit_;
  bool not_utf8_ = false;
  bool stopped_ = false;
};

template <class Sink>
Status Parse(std::string_view text, const Limits& limits, Sink& sink) {
  PLIMSOLL_TRY(CheckText(text, limits));
  Adapter<Sink> adapter(limits, sink);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, adapter);
  if (!result.IsError()) return {};
  if (!adapter.limit().empty()) return Fail(kLimitExceeded, adapter.limit());
  if (adapter.not_utf8()) return Fail(kMalformed, "JSON with a string that is not UTF-8");
  if (result.Code() == rapidjson::kParseErrorTermination) {
    return Fail(kLimitExceeded,
                "JSON that its reader stopped at byte " + std::to_string(result.Offset()));
  }
  return Fail(kMalformed, std::string("not JSON: ") + rapidjson::GetParseError_En(result.Code()) +
                              " (byte " + std::to_string(result.Offset()) + " of " +
                              std::to_string(text.size()) + ")");
}

}  // namespace plimsoll::json::internal
