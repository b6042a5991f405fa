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
  std::string head =
      "HTTP/1.1 " + std::to_string(response.status) + " " + Phrase(response.status) + "\r\n";
  head += "Date: " + HttpDate(now) + "\r\n";
  for (const Header& field : response.headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value)) continue;
    head += field.name + ": " + field.value + "\r\n";
  }
  if (MayHaveBody(response.status)) {
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  head += close ? "Connection: close\r\n\r\n" : "\r\n";
  return head;
}

}  // namespace plimsoll::http
