#include "support/fake_kube/fake_kube.h"

#include <utility>

#include "json/writer.h"
#include "kube/api_error.h"

namespace plimsoll::testing {

Time FakeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return FromUnixSeconds(1'795'284'000) + elapsed_ - std::chrono::hours(1) + jumped_;
}

std::chrono::steady_clock::time_point FakeClock::Steady() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::time_point(elapsed_);
}

void FakeClock::Advance(Duration duration) {
  const std::lock_guard lock(mutex_);
  elapsed_ += duration;
}

void FakeClock::JumpWall(Duration duration) {
  const std::lock_guard lock(mutex_);
  jumped_ += duration;
}

bool FakeWaiter::WaitFor(Duration duration, std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    waits_.push_back(duration);
  }
  if (stop.stop_requested()) return false;
  clock_.Advance(duration);
  return true;
}

std::vector<Duration> FakeWaiter::waits() const {
  const std::lock_guard lock(mutex_);
  return waits_;
}

Duration FakeWaiter::last() const {
  const std::lock_guard lock(mutex_);
  return waits_.empty() ? Duration{} : waits_.back();
}

void ScriptedTransport::Answer(int status, std::string body, std::optional<Duration> retry_after) {
  AnswerWith([=, text = std::move(body)](const kube::Request&) -> Result<kube::Response> {
    return kube::Response{status, text, retry_after};
  });
}

void ScriptedTransport::AnswerWith(CallAnswer answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
}

void ScriptedTransport::FailCall(Error error) {
  AnswerWith([failure = std::move(error)](const kube::Request&) -> Result<kube::Response> {
    return Forward(failure);
  });
}

void ScriptedTransport::Stream(std::vector<std::string> lines, Duration lasts) {
  const std::lock_guard lock(mutex_);
  streams_.push_back({kube::WatchEnd{200, {}, {}, false}, std::move(lines), lasts});
}

void ScriptedTransport::RefuseWatch(int status, std::string body,
                                    std::optional<Duration> retry_after) {
  const std::lock_guard lock(mutex_);
  streams_.push_back({kube::WatchEnd{status, std::move(body), retry_after, false}, {}, {}});
}

void ScriptedTransport::BreakWatch(std::vector<std::string> lines, Error error) {
  const std::lock_guard lock(mutex_);
  streams_.push_back({Forward(std::move(error)), std::move(lines), {}});
}

Result<kube::Response> ScriptedTransport::Call(const kube::Request& request, std::stop_token) {
  CallAnswer answer;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(request);
    targets_.push_back(request.target);
    if (answers_.empty())
      return FailRetryable(kube::kConnectionFailed, "no answer was written down");
    answer = std::move(answers_.front());
    answers_.pop_front();
  }
  return answer(request);
}

Result<kube::WatchEnd> ScriptedTransport::Watch(const kube::WatchRequest& request,
                                                kube::LineSink& sink, std::stop_token) {
  WatchScript script{FailRetryable(kube::kConnectionFailed, "no stream was written down"), {}, {}};
  {
    const std::lock_guard lock(mutex_);
    watches_.push_back(request.target);
    targets_.push_back(request.target);
    if (!streams_.empty()) {
      script = std::move(streams_.front());
      streams_.pop_front();
    }
  }
  for (const auto& line : script.lines) {
    if (!sink.OnLine(line)) return kube::WatchEnd{200, {}, {}, false};
  }
  clock_.Advance(script.lasts);
  return script.end;
}

std::vector<kube::Request> ScriptedTransport::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<std::string> ScriptedTransport::watches() const {
  const std::lock_guard lock(mutex_);
  return watches_;
}

std::vector<std::string> ScriptedTransport::targets() const {
  const std::lock_guard lock(mutex_);
  return targets_;
}

std::string ConfigMapObject(std::string_view name, std::string_view version,
                            std::string_view data) {
  json::Writer out;
  out.BeginObject();
  out.Member("kind", "ConfigMap");
  out.Member("apiVersion", "v1");
  out.Key("metadata");
  out.BeginObject();
  out.Member("name", name);
  out.Member("namespace", "ns");
  out.Member("uid", "uid-" + std::string(name));
  out.Member("resourceVersion", version);
  out.EndObject();
  out.Key("data");
  out.BeginObject();
  out.Member("value", data);
  out.EndObject();
  out.EndObject();
  return std::move(out).Take();
}

std::string ConfigMapEvent(std::string_view type, std::string_view name, std::string_view version,
                           std::string_view data) {
  return R"({"type":")" + std::string(type) + R"(","object":)" +
         ConfigMapObject(name, version, data) + "}";
}

std::string Bookmark(std::string_view version, bool initial_events_end) {
  return R"({"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":")" +
         std::string(version) + "\"" +
         (initial_events_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "") +
         "}}}";
}

std::string StatusObject(int code, std::string_view reason, std::string_view message,
                         std::string_view details) {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)" +
         json::Quote(message) + R"(,"reason":)" + json::Quote(reason) +
         (details.empty() ? "" : ",\"details\":" + std::string(details)) +
         ",\"code\":" + std::to_string(code) + "}";
}

std::string ErrorEvent(int code, std::string_view reason, std::string_view message) {
  return R"({"type":"ERROR","object":)" + StatusObject(code, reason, message) + "}";
}

std::string ConfigMapList(std::string_view version, const std::vector<std::string>& items,
                          std::string_view continue_token) {
  std::string list =
      R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
      std::string(version) + "\"";
  if (!continue_token.empty()) list += R"(,"continue":")" + std::string(continue_token) + "\"";
  list += "},\"items\":[";
  for (std::size_t i = 0; i < items.size(); ++i) list += (i == 0 ? "" : ",") + items[i];
  return list + "]}";
}

}  // namespace plimsoll::testing
