// Cuts the bytes of a stream into lines for a sink, however the network cut them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kube/transport.h"

namespace plimsoll::kube {

// Empty lines are not shown. A line that is not complete stays inside; kTooLong is final.
class LineCutter {
 public:
  LineCutter(LineSink& sink, std::size_t max_line) : sink_(sink), max_line_(max_line) {}

  enum class Outcome { kMore, kEnough, kTooLong };
  Outcome Take(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      if (partial_.size() + piece.size() > max_line_) return Outcome::kTooLong;
      if (end == std::string_view::npos) {
        partial_ += piece;
        return Outcome::kMore;
      }
      std::string_view line = piece;
      if (!partial_.empty()) {
        partial_ += piece;
        line = partial_;
      }
      const bool more = line.empty() || sink_.OnLine(line);
      partial_.clear();
      if (!more) return Outcome::kEnough;
      bytes.remove_prefix(end + 1);
    }
    return Outcome::kMore;
  }
  bool in_line() const { return !partial_.empty(); }

 private:
  LineSink& sink_;
  const std::size_t max_line_;
  std::string partial_;
};

}  // namespace plimsoll::kube
