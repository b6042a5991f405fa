// What the API server sends: watch lines, lists, Status objects, Leases. What is cut out of a frame is a part of it,
// and begins and ends as an object does.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kube/api_error.h"
#include "kube/lease.h"
#include "kube/object.h"
#include "slices.h"

namespace {

void ExpectObject(std::string_view whole, std::string_view part) {
  if (part.data() < whole.data() || part.data() + part.size() > whole.data() + whole.size())
    std::abort();
  if (part.size() < 2 || part.front() != '{' || part.back() != '}') std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll::kube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto event = SplitEvent(text)) {
    ExpectObject(text, event->object);
    static_cast<void>(ReadObjectMeta(event->object));
    static_cast<void>(FailureFromStatusObject(event->object, "watch"));
  }
  if (const auto list = SplitList(text)) {
    for (const std::string_view item : list->items) {
      ExpectObject(text, item);
      static_cast<void>(ReadObjectMeta(item));
    }
  }
  static_cast<void>(ReadObjectMeta(text));
  static_cast<void>(ReadLease(text));
  if (FailureFromResponse(409, text, {}, "x").error.message.empty()) std::abort();
  return 0;
}
