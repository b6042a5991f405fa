#include "json/writer.h"

#include <cstdlib>
#define RAPIDJSON_ASSERT(x) ((x) ? static_cast<void>(0) : std::abort())
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cmath>

#include "base/printable.h"

namespace plimsoll::json {
namespace {

using Buffer = rapidjson::StringBuffer;

// Replaces what is not UTF-8, so that the output is always valid JSON.
std::string Repaired(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (length <= 4 && i + length <= text.size() && !IsUtf8(text.substr(i, length))) ++length;
    if (length <= 4 && i + length <= text.size()) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out.append("\xef\xbf\xbd");
      ++i;
    }
  }
  return out;
}

}  // namespace

struct Writer::Impl {
  explicit Impl(bool pretty_output) : pretty(pretty_output), indented(buffer), compact(buffer) {
    indented.SetIndent(' ', 2);
  }

  template <class Call>
  void Do(const Call& call) {
    if (pretty) {
      call(indented);
    } else {
      call(static_cast<rapidjson::Writer<Buffer>&>(compact));
    }
  }

  Buffer buffer;
  bool pretty;
  rapidjson::PrettyWriter<Buffer> indented;
  rapidjson::Writer<Buffer> compact;
};

Writer::Writer(bool pretty) : impl_(std::make_unique<Impl>(pretty)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

void Writer::BeginObject() {
  impl_->Do([](auto& w) { w.StartObject(); });
}
void Writer::EndObject() {
  impl_->Do([](auto& w) { w.EndObject(); });
}
void Writer::BeginArray() {
  impl_->Do([](auto& w) { w.StartArray(); });
}
void Writer::EndArray() {
  impl_->Do([](auto& w) { w.EndArray(); });
}

void Writer::Key(std::string_view name) {
  const std::string repaired = IsUtf8(name) ? std::string() : Repaired(name);
  const std::string_view text = repaired.empty() ? name : std::string_view(repaired);
  impl_->Do([&](auto& w) { w.Key(text.data(), static_cast<rapidjson::SizeType>(text.size())); });
}

void Writer::String(std::string_view value) {
  const std::string repaired = IsUtf8(value) ? std::string() : Repaired(value);
  const std::string_view text = repaired.empty() ? value : std::string_view(repaired);
  // RapidJSON wants a pointer even for the empty string.
  const char* data = text.empty() ? "" : text.data();
  impl_->Do([&](auto& w) { w.String(data, static_cast<rapidjson::SizeType>(text.size())); });
}

void Writer::Int(std::int64_t value) {
  impl_->Do([&](auto& w) { w.Int64(value); });
}
void Writer::Double(double value) {
  if (!std::isfinite(value)) return Null();
  impl_->Do([&](auto& w) { w.Double(value); });
}
void Writer::Bool(bool value) {
  impl_->Do([&](auto& w) { w.Bool(value); });
}
void Writer::Null() {
  impl_->Do([](auto& w) { w.Null(); });
}

void Writer::Copy(const Value& value) {
  switch (value.kind()) {
    case Kind::kMissing:
    case Kind::kNull:
      return Null();
    case Kind::kBool:
      return Bool(*value.Bool());
    case Kind::kInteger:
      if (const auto integer = value.Int64()) return Int(*integer);
      return impl_->Do([&](auto& w) { w.Uint64(*value.Uint64()); });
    case Kind::kDouble:
      return Double(*value.Double());
    case Kind::kString:
      return String(*value.String());
    case Kind::kArray:
      BeginArray();
      for (Value element = value.first(); !element.missing(); element = element.next())
        Copy(element);
      return EndArray();
    case Kind::kObject:
      BeginObject();
      for (Value member = value.first(); !member.missing(); member = member.next()) {
        Key(member.name());
        Copy(member);
      }
      return EndObject();
  }
}

std::string Writer::Take() && { return {impl_->buffer.GetString(), impl_->buffer.GetSize()}; }

std::string Quote(std::string_view text) {
  Writer writer;
  writer.String(text);
  return std::move(writer).Take();
}

}  // namespace plimsoll::json
