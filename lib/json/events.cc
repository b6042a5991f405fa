#include "events.h"

namespace plimsoll::json {
namespace {

struct HandlerSink {
  Handler& handler;
  bool Null() { return handler.Null(); }
  bool Bool(bool value) { return handler.Bool(value); }
  bool Int(std::int64_t value) { return handler.Int(value); }
  bool Uint(std::uint64_t value) { return handler.Double(static_cast<double>(value)); }
  bool Double(double value) { return handler.Double(value); }
  bool String(std::string_view value) { return handler.String(value); }
  bool Key(std::string_view name) { return handler.Key(name); }
  bool StartObject() { return handler.StartObject(); }
  bool EndObject() { return handler.EndObject(); }
  bool StartArray() { return handler.StartArray(); }
  bool EndArray() { return handler.EndArray(); }
};

}  // namespace

Status ParseEvents(std::string_view text, const Limits& limits, Handler& handler) {
  HandlerSink sink{handler};
  return internal::Parse(text, limits, sink);
}

}  // namespace plimsoll::json
