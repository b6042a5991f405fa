#include "response_head.h"

#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdio>

namespace plimsoll::http {
namespace {

const char* Phrase(int status) {
  namespace bh = boost::beast::http;
  return bh::obsolete_reason(static_cast<bh::status>(status)).data();
}

// RFC 9110 section 5.6.7.
std::string HttpDate(std::time_t now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text.data();
}

}  // namespace

std::string ResponseHead(const ServerResponse& response, bool close, std::time_t now) {
  constexpr std::size_t kUsual = 512;
  std::string head;
  head.reserve(kUsual);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(Phrase(response.status)).append("\r\nDate: ").append(HttpDate(now)).append("\r\n");
  for (const Header& field : response.headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value)) continue;
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (MayHaveBody(response.status)) {
    head.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  head += close ? "Connection: close\r\n\r\n" : "\r\n";
  return head;
}

}  // namespace plimsoll::http
