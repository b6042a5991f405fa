// Structured logs: one line an event, JSON with stable keys, or text for people (--log-format).
//
//   log.Info("baseline established", {{"repository", key}, {"basis", "LogHistory"}});
//
// Keys `time`, `level`, `msg` come first; values are strings (escaped), integers, doubles or
// booleans. A line is written by one write(2), so lines of several threads never mix. Text from
// outside is safe as a value: it is escaped, and cut at 2 KiB. Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kJson, kText };

Result<LogLevel> ParseLogLevel(std::string_view text);    // debug, info, warn, error
Result<LogFormat> ParseLogFormat(std::string_view text);  // json, text

struct LogField {
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text)
      : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, Reason reason) : key(name), value(reason.text()) {}
  LogField(std::string_view name, bool flag) : key(name), value(flag) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}
  template <class Integer,
            class = std::enable_if_t<std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>>>
  LogField(std::string_view name, Integer number)
      : key(name), value(static_cast<std::int64_t>(number)) {}

  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

class Logger {
 public:
  virtual ~Logger() = default;
  virtual bool Enabled(LogLevel level) const = 0;
  virtual void Write(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) = 0;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kDebug)) Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kInfo)) Write(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kWarn)) Write(LogLevel::kWarn, message, fields);
  }
  void Err(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kError)) Write(LogLevel::kError, message, fields);
  }
};

// Writes to a file descriptor (not owned), stderr in the programs.
class FdLogger final : public Logger {
 public:
  FdLogger(int fd, LogLevel level, LogFormat format, const Clock& clock);
  bool Enabled(LogLevel level) const override { return level >= level_; }
  void Write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override;

 private:
  int fd_;
  LogLevel level_;
  LogFormat format_;
  const Clock& clock_;
};

// For tests and for the pure tools: says nothing.
class NullLogger final : public Logger {
 public:
  bool Enabled(LogLevel) const override { return false; }
  void Write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace plimsoll
