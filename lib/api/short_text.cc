#include "api/short_text.h"

#include <algorithm>

#include "base/printable.h"

namespace plimsoll::api {
namespace {

constexpr std::size_t kMaxUnshortened = 4'096;
constexpr std::size_t kShortDigestHex = 12;

}  // namespace

std::string Shortened(std::string_view text, std::size_t max_bytes) {
  std::string printable = PrintableAscii(text, kMaxUnshortened);
  if (printable.size() <= max_bytes) return printable;
  const std::size_t kept = max_bytes - 3;
  const std::size_t head = kept / 2;
  return printable.substr(0, head) + "..." + printable.substr(printable.size() - (kept - head));
}

std::string ShortDigest(std::string_view digest) {
  const std::size_t colon = digest.find(':');
  if (colon == std::string_view::npos) return PrintableAscii(digest.substr(0, kShortDigestHex));
  return PrintableAscii(digest.substr(0, colon + 1 + kShortDigestHex));
}

std::string DateOf(Time time) { return FormatTime(time).substr(0, 10); }

std::string ClockOf(Time time) { return FormatTime(time).substr(11); }

std::string CutAtWord(std::string text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes - 3;
  const std::size_t space = text.rfind(' ', end);
  if (space != std::string::npos && space > max_bytes / 2) end = space;
  // Never inside a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  text.resize(end);
  return text + "...";
}

std::string Counted(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " " + std::string(noun);
  if (count != 1) {
    if (text.ends_with('y')) {
      text.pop_back();
      text += "ies";
    } else {
      text += 's';
    }
  }
  return text;
}

}  // namespace plimsoll::api
