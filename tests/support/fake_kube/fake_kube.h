// Stand-ins for what the kube room asks the world for: time that moves when somebody waits, and a transport whose
// answers the test writes. Everything runs on the calling thread unless the test starts threads.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "kube/transport.h"
#include "kube/waiter.h"

namespace plimsoll::testing {

// Thread-safe. Begins at 2026-11-21T18:00:00Z.
class FakeClock final : public Clock {
 public:
  Time Now() const override;
  std::chrono::steady_clock::time_point Steady() const override;
  void Advance(Duration duration);
  void JumpWall(Duration duration);  // the wall clock only

 private:
  mutable std::mutex mutex_;
  Duration elapsed_ = std::chrono::hours(1);
  Duration jumped_{};
};

// Waiting is moving the clock. Thread-safe.
class FakeWaiter final : public kube::Waiter {
 public:
  explicit FakeWaiter(FakeClock& clock) : clock_(clock) {}
  bool WaitFor(Duration duration, std::stop_token stop) override;
  std::vector<Duration> waits() const;
  Duration last() const;

 private:
  FakeClock& clock_;
  mutable std::mutex mutex_;
  std::vector<Duration> waits_;
};

// Answers calls and watches in the order in which they were written down. A call without an answer is
// kConnectionFailed, so that a test that asks too often fails instead of hanging.
class ScriptedTransport final : public kube::Transport {
 public:
  using CallAnswer = std::function<Result<kube::Response>(const kube::Request&)>;
  // Gives lines to the sink; what it returns ends the watch. A sink that has enough is not asked again.
  struct WatchScript {
    Result<kube::WatchEnd> end;
    std::vector<std::string> lines;
    Duration lasts{};  // the clock moves so much before the end
  };

  explicit ScriptedTransport(FakeClock& clock) : clock_(clock) {}

  void Answer(int status, std::string body, std::optional<Duration> retry_after = {});
  void AnswerWith(CallAnswer answer);
  void FailCall(Error error);
  // A stream of these lines that the server then ends, after `lasts`.
  void Stream(std::vector<std::string> lines, Duration lasts = std::chrono::seconds(300));
  void RefuseWatch(int status, std::string body, std::optional<Duration> retry_after = {});
  void BreakWatch(std::vector<std::string> lines, Error error);

  Result<kube::Response> Call(const kube::Request& request, std::stop_token stop) override;
  Result<kube::WatchEnd> Watch(const kube::WatchRequest& request, kube::LineSink& sink,
                               std::stop_token stop) override;

  std::vector<kube::Request> calls() const;
  std::vector<std::string> watches() const;  // targets
  // Every target in order, lists and watches, for whole conversations.
  std::vector<std::string> targets() const;

 private:
  FakeClock& clock_;
  mutable std::mutex mutex_;
  std::deque<CallAnswer> answers_;
  std::deque<WatchScript> streams_;
  std::vector<kube::Request> calls_;
  std::vector<std::string> watches_;
  std::vector<std::string> targets_;
};

// {"type":..., "object":{...}} of a v1 ConfigMap in namespace "ns"; uid is "uid-" and the name.
std::string ConfigMapEvent(std::string_view type, std::string_view name, std::string_view version,
                           std::string_view data = "");
std::string ConfigMapObject(std::string_view name, std::string_view version,
                            std::string_view data = "");
std::string Bookmark(std::string_view version, bool initial_events_end = false);
std::string ErrorEvent(int code, std::string_view reason, std::string_view message = "");
std::string ConfigMapList(std::string_view version, const std::vector<std::string>& items,
                          std::string_view continue_token = "");
std::string StatusObject(int code, std::string_view reason, std::string_view message = "",
                         std::string_view details = "");

}  // namespace plimsoll::testing
