// Sends reviews of Pods to any admission webhook on this machine, and prints what it saw as one JSON object.
//
//   review_load PORT PATH NAMESPACE CONNECTIONS SECONDS <images   each review has one image, by digest, in turn
//   review_load PORT PATH NAMESPACE 1 once <images                each image once
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "review_body.h"
#include "support/http_load/http_load.h"

int main(int argc, char** argv) {
  using namespace plimsoll;
  if (argc != 6) {
    std::fprintf(stderr,
                 "usage: review_load PORT PATH NAMESPACE CONNECTIONS SECONDS|once <images\n");
    return 2;
  }
  testing::LoadPlan plan;
  plan.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  plan.connections = static_cast<std::size_t>(std::atoi(argv[4]));
  plan.expected = "\"allowed\":true";
  for (std::string image; std::getline(std::cin, image);) {
    plan.requests.push_back(
        testing::PostRequest(argv[2], "application/json", bench::ReviewBody({image}, argv[3])));
  }
  if (std::string(argv[5]) == "once") {
    plan.warm_up = std::chrono::milliseconds(0);
    plan.time = std::chrono::minutes(2);
    plan.most_requests = plan.requests.size();
  } else {
    plan.time = std::chrono::seconds(std::atoi(argv[5]));
  }
  if (plan.requests.empty()) return 2;
  const testing::LoadResult result = testing::RunLoad(plan);
  std::printf("{\"requests\":%lu,\"failures\":%lu,\"perSecond\":%.1f,\"p50\":%.1f,\"p99\":%.1f}\n",
              static_cast<unsigned long>(result.requests),
              static_cast<unsigned long>(result.failures), result.per_second, result.p50_us,
              result.p99_us);
  return 0;
}
