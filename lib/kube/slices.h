// Cuts the frames of list-watch out of their text without parsing what is inside: the object of a watch event, the
// items of a list. What is cut out is parsed (and checked) by whoever keeps it, so that no object is parsed twice
// and no list stands in memory as a document.
//
// The frame itself is read strictly: kMalformed for anything but the expected members, for brackets that do not
// match, for escapes in the frame's own strings (types, versions and tokens have none). Depth is bounded; the
// views point into the text.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::kube {

struct EventFrame {
  std::string_view type;    // ADDED, MODIFIED, DELETED, BOOKMARK, ERROR
  std::string_view object;  // JSON text of an object
};
Result<EventFrame> SplitEvent(std::string_view line);

struct ListFrame {
  std::string_view kind;
  std::string_view api_version;
  std::string_view resource_version;
  std::string_view continue_token;
  std::vector<std::string_view> items;  // JSON texts
};
Result<ListFrame> SplitList(std::string_view body);

}  // namespace plimsoll::kube
