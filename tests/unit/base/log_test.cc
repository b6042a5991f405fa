#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace plimsoll {
namespace {

class FixedClock final : public Clock {
 public:
  Time Now() const override { return FromUnixSeconds(1'763'748'000); }
  std::chrono::steady_clock::time_point Steady() const override { return {}; }
};

std::string Logged(LogFormat format, const std::function<void(Logger&)>& say) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const FixedClock clock;
  FdLogger logger(ends[1], LogLevel::kInfo, format, clock);
  say(logger);
  ::close(ends[1]);
  std::array<char, 4096> text{};
  const ssize_t count = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  return std::string(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
}

TEST(Log, ALineIsOneJsonObjectWithStableKeys) {
  EXPECT_EQ(Logged(LogFormat::kJson,
                   [](Logger& log) {
                     log.Info("baseline established",
                              {{"repository", "ghcr.io/acme/web"}, {"images", 3}, {"lane", false}});
                   }),
            R"({"time":"2025-11-21T18:00:00.000000Z","level":"info","msg":"baseline established",)"
            R"("repository":"ghcr.io/acme/web","images":3,"lane":false})"
            "\n");
}

TEST(Log, ACertificateCannotForgeALogLine) {
  const std::string line = Logged(LogFormat::kJson, [](Logger& log) {
    log.Warn("seen", {{"identity", "x\",\"level\":\"info\"}\n{\"level\":\"error"}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_NE(line.find(R"("identity":"x\",\"level\":\"info\"}\\u{000A}{\"level\":\"error"})"),
            std::string::npos)
      << line;
}

TEST(Log, LinesBelowTheLevelAreNotWritten) {
  EXPECT_EQ(Logged(LogFormat::kText, [](Logger& log) { log.Debug("quiet"); }), "");
  EXPECT_EQ(Logged(LogFormat::kText,
                   [](Logger& log) {
                     log.Err("loud", {{"code", 2}});
                   }),
            "2025-11-21T18:00:00Z error loud code=2\n");
}

}  // namespace
}  // namespace plimsoll
