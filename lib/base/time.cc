#include "base/time.h"

#include <array>
#include <cstdio>

namespace plimsoll {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string FormatCalendar(Time time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{floor<seconds>(time - day)};
  // Digit by digit: every status holds hundreds of times.
  std::string text = "0000-00-00T00:00:00";
  const auto put = [&text](std::size_t at, std::size_t digits, std::int64_t value) {
    for (std::size_t i = at + digits; i-- > at; value /= 10) {
      text[i] = static_cast<char>('0' + value % 10);
    }
  };
  const int year = static_cast<int>(date.year());
  const bool four_digits = year >= 0 && year <= 9'999;
  if (four_digits) put(0, 4, year);
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  return four_digits ? text : std::to_string(year) + text.substr(4);
}

// Reads exactly `digits` decimal digits and removes them from `text`; -1 when they are not there.
int TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, char expected, char or_else = '\0') {
  if (text.empty() || (text.front() != expected && (or_else == '\0' || text.front() != or_else)))
    return false;
  text.remove_prefix(1);
  return true;
}

// The fraction after the dot, in microseconds; -1 when there is no digit.
std::int64_t TakeFraction(std::string_view& text) {
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  std::size_t count = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    micros += (text.front() - '0') * unit;
    unit /= 10;
    ++count;
    text.remove_prefix(1);
  }
  return count == 0 ? -1 : micros;
}

// The offset from UTC, in minutes; false when it is none.
bool TakeOffset(std::string_view& text, int& offset) {
  offset = 0;
  if (TakeChar(text, 'Z', 'z')) return true;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const int hour = TakeNumber(text, 2);
  if (!TakeChar(text, ':')) return false;
  const int minute = TakeNumber(text, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  offset = sign * (hour * 60 + minute);
  return true;
}

struct Unit {
  std::string_view name;
  std::int64_t micros;
};
constexpr std::array<Unit, 5> kUnits{
    {{"us", 1}, {"ms", 1'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}}};
// Ten years; a longer duration in a configuration is a mistake.
constexpr std::int64_t kLongestDuration = std::int64_t{87'600} * 3'600'000'000;

}  // namespace

std::string FormatTime(Time time) { return FormatCalendar(time) + "Z"; }

std::string FormatMicroTime(Time time) {
  const auto micros = (time - floor<seconds>(time)).count();
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(micros));
  return FormatCalendar(time) + fraction.data();
}

Result<Time> ParseTime(std::string_view text) {
  const auto bad = [] {
    return Fail(kMalformed, "not an RFC 3339 time (expected 2006-01-02T15:04:05Z)");
  };
  const int year = TakeNumber(text, 4);
  if (!TakeChar(text, '-')) return bad();
  const int month = TakeNumber(text, 2);
  if (!TakeChar(text, '-')) return bad();
  const int day = TakeNumber(text, 2);
  if (!TakeChar(text, 'T', 't')) return bad();
  const int hour = TakeNumber(text, 2);
  if (!TakeChar(text, ':')) return bad();
  const int minute = TakeNumber(text, 2);
  if (!TakeChar(text, ':')) return bad();
  const int second = TakeNumber(text, 2);
  if (year < 1970 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return bad();
  if (month < 1 || day < 1) return bad();
  std::int64_t micros = 0;
  if (TakeChar(text, '.')) {
    micros = TakeFraction(text);
    if (micros < 0) return bad();
  }
  int offset = 0;
  if (!TakeOffset(text, offset) || !text.empty()) return bad();
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return bad();
  return Time{std::chrono::sys_days{date}} + hours{hour} + minutes{minute - offset} +
         seconds{second} + Duration{micros};
}

std::int64_t UnixSeconds(Time time) { return floor<seconds>(time).time_since_epoch().count(); }
Time FromUnixSeconds(std::int64_t value) { return Time{seconds{value}}; }
Time WholeSeconds(Time time) { return floor<seconds>(time); }

Result<Duration> ParseDuration(std::string_view text) {
  const auto bad = [] {
    return Fail(kMalformed, "not a duration (expected for example 90s, 5m, 6h or 1h30m)");
  };
  if (text.empty()) return bad();
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      if (digits == 15) return bad();
      number = number * 10 + (text[digits++] - '0');
    }
    if (digits == 0) return bad();
    text.remove_prefix(digits);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (unit == nullptr && text.substr(0, candidate.name.size()) == candidate.name)
        unit = &candidate;
    }
    if (unit == nullptr || number > kLongestDuration / unit->micros) return bad();
    text.remove_prefix(unit->name.size());
    total += number * unit->micros;
    if (total > kLongestDuration) return bad();
  }
  return Duration{total};
}

std::string FormatDuration(Duration duration) {
  std::int64_t micros = duration.count();
  if (micros == 0) return "0s";
  std::string out;
  if (micros < 0) {
    out = "-";
    micros = -micros;
  }
  constexpr std::array<Unit, 5> kOrder{
      {{"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}}};
  for (const Unit& unit : kOrder) {
    if (micros < unit.micros) continue;
    out += std::to_string(micros / unit.micros) + std::string(unit.name);
    micros %= unit.micros;
  }
  return out;
}

Time SystemClock::Now() const { return floor<Duration>(std::chrono::system_clock::now()); }
std::chrono::steady_clock::time_point SystemClock::Steady() const {
  return std::chrono::steady_clock::now();
}

}  // namespace plimsoll
