#include "transport.h"

#include <algorithm>

#include "rekor/reason.h"

namespace plimsoll::rekor {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kErrorBodyBytes = 4u << 10;

// An answer that was there and is none, or no answer at all.
Error FromHttpError(const Error& error) {
  for (const Reason refused :
       {http::kBodyTooLarge, http::kHeaderTooLarge, http::kUnexpectedMediaType,
        http::kEncodingRefused, http::kBadProtocol, http::kRedirectRefused}) {
    if (error.code == refused) return {kLogAnswerRefused, "the log: " + error.message, true};
  }
  return {kLogUnreachable, "the log: " + error.message, true};
}

Error FromStatus(const http::Response& response) {
  const std::string status = std::to_string(response.status);
  const std::string message = "the log answered " + status + " to " + response.url.ForPeople();
  if (response.status == 501) return {kNoSearch, message, false};
  const bool later = response.status >= 500 || response.status == 429 || response.status == 408;
  return {later ? kLogUnreachable : kLogAnswerRefused, message, true};
}

}  // namespace

Transport::Transport(http::Client& http, http::HostBudget& budget, TransportOptions options,
                     const Clock& clock, Metrics& metrics)
    : http_(http),
      budget_(budget),
      options_(std::move(options)),
      clock_(clock),
      requests_(metrics.Counters("plimsoll_log_requests_total",
                                 "Requests to the transparency log, by status code or why there "
                                 "is none")) {
  if (const auto url = http::Url::Parse(options_.base_url)) host_ = url->HostPort();
}

Result<Answer> Transport::GetJson(const std::string& path, Deadline deadline) {
  http::Request request;
  request.url = options_.base_url + path;
  request.headers.Set("Accept", "application/json");
  request.media_types = {"application/json"};
  return Send(std::move(request), deadline);
}

Result<Answer> Transport::PostJson(const std::string& path, std::string body, Deadline deadline) {
  http::Request request;
  request.method = "POST";
  request.url = options_.base_url + path;
  request.headers.Set("Accept", "application/json");
  request.headers.Set("Content-Type", "application/json");
  request.media_types = {"application/json"};
  request.body = std::move(body);
  return Send(std::move(request), deadline);
}

Result<Answer> Transport::GetBytes(const std::string& path, Deadline deadline) {
  http::Request request;
  request.url = options_.base_url + path;
  return Send(std::move(request), deadline);
}

Result<http::HostBudget::Permit> Transport::WaitForBudget(Deadline deadline) {
  while (true) {
    // Whatever is asked of a log is about a repository with a trusted signer.
    auto answer = budget_.TryStart(host_, http::RequestClass::kReserved, clock_.Now());
    if (answer.permit) return std::move(*answer.permit);
    const auto wait = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(answer.wait));
    if (clock_.Steady() + wait > deadline) {
      return FailRetryable(
          kLogUnreachable,
          "the log is not asked now (" + answer.reason.str() + "); again in " +
              FormatDuration(std::chrono::ceil<std::chrono::seconds>(answer.wait)));
    }
    std::unique_lock lock(mutex_);
    if (stop_.wait_for(lock, wait, [this] { return stopping_; })) {
      return FailRetryable(kLogUnreachable, "the log is not asked: the program stops");
    }
  }
}

Result<Answer> Transport::Send(http::Request request, Deadline deadline) {
  PLIMSOLL_ASSIGN(http::HostBudget::Permit permit, WaitForBudget(deadline));
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - clock_.Steady());
  if (left <= milliseconds(0)) {
    return FailRetryable(kLogUnreachable,
                         "the time for this question ended before the log was asked");
  }
  request.timeout = std::min(options_.timeout, left);
  request.connect_timeout = request.timeout;
  request.max_body_bytes = options_.max_response_bytes;
  request.max_error_body_bytes = kErrorBodyBytes;
  request.named_host = host_;
  auto result = http_.Send(request);
  permit.Finish(http::OutcomeOf(result, clock_.Now()), clock_.Now());
  requests_.With({{"code", result ? std::to_string(result->status) : result.error().code.str()}})
      .Add();
  if (!result) return Forward(FromHttpError(result.error()));
  if (result->status == 404) return Answer{404, ""};
  if (result->status != 200) return Forward(FromStatus(*result));
  return Answer{200, std::move(result->body)};
}

void Transport::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  stop_.notify_all();
}

}  // namespace plimsoll::rekor
