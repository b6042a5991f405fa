// An AdmissionReview as anyone who reaches the port can write it: read, and what is read stays within its bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/workload.h"
#include "webhook/core/review.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<webhook::Review> review = webhook::ReadReview(text);
  if (!review) return 0;
  if (review->uid.empty() || review->images.size() > api::kMaxReviewImages) __builtin_trap();
  // What decides nothing brings nothing, and nobody is judged by a part.
  if (!review->relevant && !review->images.empty()) __builtin_trap();
  if (review->too_many != (review->image_count > api::kMaxReviewImages)) __builtin_trap();
  webhook::ReviewAnswer answer;
  answer.uid = review->uid;
  // The API server compares the uid: what we send back is what came.
  if (webhook::AnswerJson(answer).empty()) __builtin_trap();
  return 0;
}
