// JSON texts: as a document, event by event, and written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/printable.h"
#include "json/json.h"
#include "json/writer.h"

namespace {

using namespace plimsoll;

constexpr json::Limits kBounds{64u << 10, 16, 2'000, true};

// Counts what it is told; the same bounds hold as for a document.
class Counter : public json::Handler {
 public:
  bool Null() override { return Seen(); }
  bool Bool(bool) override { return Seen(); }
  bool Int(std::int64_t) override { return Seen(); }
  bool Double(double) override { return Seen(); }
  bool String(std::string_view text) override { return IsUtf8(text) && Seen(); }
  bool Key(std::string_view name) override { return IsUtf8(name); }
  bool StartObject() override { return Open(); }
  bool EndObject() override { return Close(); }
  bool StartArray() override { return Open(); }
  bool EndArray() override { return Close(); }

  std::size_t values() const { return values_; }

 private:
  bool Seen() {
    ++values_;
    return true;
  }
  bool Open() {
    if (++depth_ > kBounds.max_depth) std::abort();
    return Seen();
  }
  bool Close() {
    if (depth_-- == 0) std::abort();
    return true;
  }
  std::size_t values_ = 0;
  std::size_t depth_ = 0;
};

std::size_t Walk(const json::Value& value) {
  (void)value.Path();
  (void)value.Int64();
  (void)value.Uint64();
  (void)value.Double();
  if (value.IsString() && !IsUtf8(*value.String())) std::abort();
  std::size_t values = 1;
  std::size_t children = 0;
  for (json::Value child = value.first(); !child.missing(); child = child.next()) {
    // Without duplicates a member is found by its name, and is itself.
    if (value.IsObject() && value[child.name()].kind() != child.kind()) std::abort();
    values += Walk(child);
    ++children;
  }
  if (children != value.size()) std::abort();
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = json::Document::Parse(text, kBounds);
  Counter counter;
  const Status events = json::ParseEvents(text, kBounds, counter);
  if (!document) {
    // Two readers, one language; a name twice in an object is the handler's concern, and where numbers end is not the same.
    const std::string& why = document.error().message;
    const bool ours =
        why.find("twice") != std::string::npos || why.find("too big") != std::string::npos;
    if (events && !ours) std::abort();
    return 0;
  }
  if (!events && events.error().message.find("double can hold") != std::string::npos) return 0;
  // What is a document is a stream of the same values, and so is what is written of it. (A number that is
  // no integer may come back as its neighbour: the parser's last digit is not exact.)
  const std::size_t values = Walk(document->root());
  if (!events || counter.values() != values) std::abort();
  json::Writer writer;
  writer.Copy(document->root());
  json::Limits roomy = kBounds;
  roomy.max_bytes *= 8;
  const auto again = json::Document::Parse(std::move(writer).Take(), roomy);
  if (!again || Walk(again->root()) != values) std::abort();
  return 0;
}
