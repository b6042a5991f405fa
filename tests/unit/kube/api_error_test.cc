#include "kube/api_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ApiFailure Answer(int status, std::string_view reason, std::string_view message = "") {
  return FailureFromResponse(status, testing::StatusObject(status, reason, message), {},
                             "update x");
}

TEST(ApiFailure, EveryRefusalHasItsReason) {
  EXPECT_EQ(Answer(400, "BadRequest").error.code, kBadRequest);
  EXPECT_EQ(Answer(401, "Unauthorized").error.code, kUnauthorized);
  EXPECT_EQ(Answer(403, "Forbidden").error.code, kForbidden);
  EXPECT_EQ(Answer(404, "NotFound").error.code, kNotFound);
  EXPECT_EQ(Answer(409, "Conflict").error.code, kConflict);
  EXPECT_EQ(Answer(409, "AlreadyExists").error.code, kAlreadyExists);
  EXPECT_EQ(Answer(410, "Expired").error.code, kExpired);
  EXPECT_EQ(Answer(410, "Gone").error.code, kExpired);
  EXPECT_EQ(Answer(422, "Invalid").error.code, kInvalid);
  EXPECT_EQ(Answer(429, "TooManyRequests").error.code, kTooManyRequests);
  EXPECT_EQ(Answer(500, "InternalError").error.code, kServerError);
  EXPECT_EQ(Answer(503, "ServiceUnavailable").error.code, kServerError);
  EXPECT_EQ(Answer(504, "Timeout").error.code, kTimeout);
  EXPECT_EQ(Answer(307, "").error.code, kMalformed)
      << "redirects are not followed, and are no answer";
}

TEST(ApiFailure, OnlyWhatMayCureItselfIsRetryable) {
  for (const int status : {401, 408, 409, 410, 429, 500, 503, 504})
    EXPECT_TRUE(Answer(status, "x").error.retryable);
  for (const int status : {400, 403, 404, 422})
    EXPECT_FALSE(Answer(status, "x").error.retryable) << status;
  EXPECT_FALSE(Answer(409, "AlreadyExists").error.retryable);
}

TEST(ApiFailure, TheMessageSaysWhatWasAskedAndWhatTheServerSaid) {
  EXPECT_EQ(Answer(422, "Invalid", "spec.repository: Required value").error.message,
            "update x: the API server answered 422 Invalid: spec.repository: Required value");
  EXPECT_THAT(Answer(403, "Forbidden").error.message, HasSubstr("look at the roles"));
}

TEST(ApiFailure, TextOfTheServerIsEscapedAndCut) {
  EXPECT_THAT(Answer(422, "Invalid", "a\x1b[2J").error.message, Not(HasSubstr("\x1b")));
  EXPECT_LT(Answer(422, "Invalid", std::string(100'000, 'x')).error.message.size(), 1'000U);
}

TEST(ApiFailure, AnAnswerThatIsNoStatusIsJudgedByItsCode) {
  for (const char* body : {"", "<html>", "{", "[]", R"({"kind":"Pod"})"}) {
    EXPECT_EQ(FailureFromResponse(502, body, {}, "x").error.code, kServerError);
    EXPECT_EQ(FailureFromResponse(403, body, {}, "x").error.code, kForbidden);
  }
}

TEST(ApiFailure, TheHeadersRetryAfterGoesBeforeTheStatusObjects) {
  const std::string body =
      testing::StatusObject(429, "TooManyRequests", "", R"({"retryAfterSeconds":3})");
  EXPECT_EQ(FailureFromResponse(429, body, {}, "x").retry_after, Duration(std::chrono::seconds(3)));
  EXPECT_EQ(FailureFromResponse(429, body, std::chrono::seconds(8), "x").retry_after,
            Duration(std::chrono::seconds(8)));
}

TEST(ApiFailure, ARetryAfterOfYearsIsCut) {
  const std::string body =
      testing::StatusObject(429, "TooManyRequests", "", R"({"retryAfterSeconds":9000000000})");
  EXPECT_EQ(FailureFromResponse(429, body, {}, "x").retry_after, Duration(std::chrono::hours(1)));
}

TEST(StreamFailure, TheObjectOfAnErrorEventIsRead) {
  EXPECT_EQ(FailureFromStatusObject(testing::StatusObject(410, "Expired"), "watch").error.code,
            kExpired);
  EXPECT_EQ(FailureFromStatusObject(R"({"kind":"Status","reason":"Gone"})", "watch").error.code,
            kExpired);
  EXPECT_EQ(FailureFromStatusObject(R"({"kind":"Status"})", "watch").error.code, kServerError);
  EXPECT_EQ(FailureFromStatusObject(R"({"kind":"Pod"})", "watch").error.code, kMalformed);
}

}  // namespace
}  // namespace plimsoll::kube
