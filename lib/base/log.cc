#include "base/log.h"

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "base/printable.h"

namespace plimsoll {
namespace {

constexpr std::size_t kMaxValueBytes = 2048;
constexpr std::size_t kUsualLine = 1024;
constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};

std::string_view NameOf(LogLevel level) { return kLevelNames[static_cast<std::size_t>(level)]; }

// Printable has already replaced control characters, so only JSON's own two need escaping.
void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  const std::string shown = Printable(text, kMaxValueBytes);
  if (shown.find('"') == std::string::npos && shown.find('\\') == std::string::npos) {
    out.append(shown).push_back('"');
    return;
  }
  for (const char c : shown) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void AppendDouble(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  out.append(text.data());
}

void AppendValue(std::string& out, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    AppendQuoted(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    out.append(std::to_string(*integer));
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    AppendDouble(out, *number);
  } else {
    out.append(std::get<bool>(field.value) ? "true" : "false");
  }
}

std::string JsonLine(Time now, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line;
  line.reserve(kUsualLine);
  line.append(R"({"time":")").append(FormatMicroTime(now)).append(R"(","level":")");
  line.append(NameOf(level)).append(R"(","msg":)");
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line.append(",");
    AppendQuoted(line, field.key);
    line.append(":");
    AppendValue(line, field);
  }
  return line.append("}\n");
}

std::string TextLine(Time now, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line = FormatTime(now) + " ";
  std::string name(NameOf(level));
  name.resize(5, ' ');
  line.append(name).append(" ").append(Printable(message, kMaxValueBytes));
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    AppendValue(line, field);
  }
  return line.append("\n");
}

}  // namespace

Result<LogLevel> ParseLogLevel(std::string_view text) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (text == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  return Fail(kInvalidArgument,
              "log level " + Printable(text) + ": expected debug, info, warn or error");
}

Result<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "json") return LogFormat::kJson;
  if (text == "text") return LogFormat::kText;
  return Fail(kInvalidArgument, "log format " + Printable(text) + ": expected json or text");
}

FdLogger::FdLogger(int fd, LogLevel level, LogFormat format, const Clock& clock)
    : fd_(fd), level_(level), format_(format), clock_(clock) {}

void FdLogger::Write(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  const std::string line = format_ == LogFormat::kJson
                               ? JsonLine(clock_.Now(), level, message, fields)
                               : TextLine(clock_.Now(), level, message, fields);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written <= 0) return;  // a log that cannot be written has nobody to tell
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace plimsoll
