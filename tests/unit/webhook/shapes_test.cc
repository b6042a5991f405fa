// Every shape of request that an API server can send, and what is made of it: reviews of others (connaisseur,
// kubewarden), and those that they have not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_data/test_data.h"
#include "webhook/core/review.h"

namespace plimsoll::webhook {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr char kDigest[] =
    "@sha256:91ac9b26df583762234c1cdb2fc930364754ccc59bc752a2bfe298d2ea68f9ff";

struct Expected {
  const char* file;
  const char* outcome;  // the reason of a refusal; "" relevant, "-" nothing to judge
  std::vector<std::string> images = {};
};

std::vector<std::string> ImagesOf(const Review& review) {
  std::vector<std::string> images;
  for (const ReviewImage& image : review.images) images.push_back(image.image);
  return images;
}

void Check(const std::string& name, const std::string& text, const Expected& expected) {
  const Result<Review> review = ReadReview(text);
  const std::string outcome = expected.outcome;
  if (outcome.size() > 1) {
    ASSERT_FALSE(review) << name;
    EXPECT_EQ(review.error().code.text(), outcome) << name << ": " << review.error().message;
    return;
  }
  ASSERT_TRUE(review) << name << ": " << review.error().message;
  EXPECT_EQ(review->relevant, outcome.empty()) << name;
  EXPECT_THAT(ImagesOf(*review), ElementsAreArray(expected.images)) << name;
}

TEST(Shapes, OfConnaisseurAreJudgedByTheirImages) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string charlie = std::string("securesystemsengineering/charlie-image") + kDigest;
  for (const Expected& row :
       std::vector<Expected>{{"01_deployment", "WrongVersion"},
                             {"02_pod", "", {charlie}},
                             {"03_replicaset", "WrongVersion"},
                             {"04_cronjob", "WrongVersion"},
                             {"05_replication_controller", "-"},
                             {"06_daemonset", "", {"quay.io/fluentd_elasticsearch/fluentd:v2.5.2"}},
                             {"07_statefulset", "", {"registry.k8s.io/nginx-slim:0.8"}},
                             {"08_job", "", {"perl:5.34.0"}},
                             {"09_dply_multi_image", "WrongVersion"},
                             {"10_update", ""},
                             {"11_role", "-"},
                             {"12_err_pod", ""},
                             {"13_unknown_parent", "WrongVersion"},
                             {"14_deny_me_job", "", {std::string("my.reg/deny-me") + kDigest}},
                             {"15_allow_me_job", "", {std::string("my.reg/allow-me") + kDigest}},
                             {"16_mismatch_uid", "", {charlie}},
                             {"17_deny_me_pod", "", {std::string("my.reg/deny-me") + kDigest}},
                             {"18_allow_me_pod", "", {std::string("my.reg/allow-me") + kDigest}},
                             {"19_pod_initcontainer", "", {charlie, "nginx"}},
                             {"20_pod_ephemeralcontainer", "", {charlie, "nginx"}},
                             {"21_broken_admission_request", "Malformed"},
                             {"22_allow_me_with_index_docker_io", "", {"test-image"}},
                             {"23_alice_digest_dpl", "WrongVersion"},
                             {"24_alice_tag_digest_dpl", "WrongVersion"},
                             {"25_null_request", "WrongVersion"}}) {
    Check(row.file, test::ReadTestData("admission/connaisseur/" + std::string(row.file) + ".json"),
          row);
  }
}

// kubewarden keeps the request alone, and its objects have no apiVersion and kind.
TEST(Shapes, OfKubewardenAreReadByTheKindOfTheRequest) {
  PLIMSOLL_NEEDS_TEST_DATA();
  for (const char* kind :
       {"cronjob", "daemonset", "deployment", "job", "pod", "replicaset", "statefulset"}) {
    for (const char* how : {"signed", "unsigned"}) {
      const std::string file = std::string(kind) + "_creation_" + how + ".json";
      const std::string request = test::ReadTestData("admission/kubewarden/" + file);
      ASSERT_FALSE(request.empty()) << file;
      const auto review =
          ReadReview(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":)" +
                     request + "}");
      ASSERT_TRUE(review) << file << ": " << review.error().message;
      EXPECT_TRUE(review->relevant) << file;
      EXPECT_FALSE(review->images.empty()) << file;
    }
  }
}

std::string Made(const std::string& kind, const std::string& operation, const std::string& more) {
  return R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","kind":{"group":"","version":"v1","kind":")" +
         kind +
         R"("},"resource":{"group":"","version":"v1","resource":"pods"},"requestKind":{"group":"","version":"v9","kind":"Other"},"namespace":"n","operation":")" +
         operation + R"(","userInfo":{"username":"u"},)" + more + "}}";
}
std::string PodOf(const std::string& spec) {
  return R"({"metadata":{"generateName":"web-"},"spec":{)" + spec + "}}";
}

TEST(Shapes, ThatNobodyKeepsAreJudgedToo) {
  const std::string one = R"("containers":[{"name":"c","image":"a:1"}])";
  const std::string two = R"("containers":[{"name":"c","image":"a:2"}])";
  const std::string debug = R"(,"ephemeralContainers":[{"name":"d","image":"a:1"}])";
  struct Row {
    const char* name;
    std::string text;
    Expected expected;
  };
  for (
      const Row& row : std::vector<Row>{
          {"generateName",
           Made("Pod", "CREATE", R"("name":"","object":)" + PodOf(one)),
           {"", "", {"a:1"}}},
          {"dry run",
           Made("Pod", "CREATE", R"("dryRun":true,"object":)" + PodOf(one)),
           {"", "", {"a:1"}}},
          {"delete",
           Made("Pod", "DELETE", R"("object":null,"oldObject":)" + PodOf(one)),
           {"", "-"}},
          {"connect",
           Made("PodExecOptions", "CONNECT", R"("subResource":"exec","object":{})"),
           {"", "-"}},
          {"eviction",
           Made("Eviction", "CREATE", R"("subResource":"eviction","object":{})"),
           {"", "-"}},
          {"resize",
           Made("Pod", "UPDATE",
                R"("subResource":"resize","object":)" + PodOf(two) + R"(,"oldObject":)" +
                    PodOf(one)),
           {"", "-"}},
          {"unchanged",
           Made("Pod", "UPDATE", R"("object":)" + PodOf(one) + R"(,"oldObject":)" + PodOf(one)),
           {"", ""}},
          {"changed",
           Made("Pod", "UPDATE", R"("object":)" + PodOf(two) + R"(,"oldObject":)" + PodOf(one)),
           {"", "", {"a:2"}}},
          // A new container of an old image string: its tag may mean something else by now.
          {"ephemeral",
           Made("Pod", "UPDATE",
                R"("subResource":"ephemeralcontainers","object":)" + PodOf(one + debug) +
                    R"(,"oldObject":)" + PodOf(one)),
           {"", "", {"a:1"}}},
          {"image volume",
           Made("Pod", "CREATE",
                R"("object":)" +
                    PodOf(one + R"(,"volumes":[{"name":"v","image":{"reference":"m:1"}}])")),
           {"", "", {"a:1", "m:1"}}},
          {"object before kind",
           R"({"request":{"object":)" + PodOf(one) +
               R"(,"operation":"CREATE","uid":"u","kind":{"kind":"Pod"}},"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})",
           {"", "", {"a:1"}}},
          {"a template in a Pod's spec is no Pod",
           Made("Pod", "CREATE",
                R"("object":)" + PodOf(R"("template":{"spec":{)" + two + "}}," + one)),
           {"", "", {"a:1"}}},
          {"empty spec", Made("Pod", "CREATE", R"("object":{"spec":null})"), {"", ""}},
          {"no object", Made("Pod", "CREATE", R"("object":null)"), {"", "Malformed"}},
          {"container list twice",
           Made("Pod", "CREATE", R"("object":)" + PodOf(one + "," + two)),
           {"", "Malformed"}},
          {"image twice",
           Made("Pod", "CREATE",
                R"("object":)" + PodOf(R"("containers":[{"image":"a","image":"b"}])")),
           {"", "Malformed"}},
          {"object twice",
           Made("Pod", "CREATE", R"("object":)" + PodOf(one) + R"(,"object":)" + PodOf(two)),
           {"", "Malformed"}},
          {"image of another type",
           Made("Pod", "CREATE", R"("object":)" + PodOf(R"("containers":[{"image":7}])")),
           {"", "Malformed"}},
          {"not UTF-8",
           Made("Pod", "CREATE", R"("object":)" + PodOf("\"containers\":[{\"image\":\"\xff\"}]")),
           {"", "Malformed"}},
          {"deep",
           Made("Pod", "CREATE", R"("x":)" + std::string(200, '[') + std::string(200, ']')),
           {"", "LimitExceeded"}}}) {
    Check(row.name, row.text, row.expected);
  }
}

TEST(Shapes, ARefusalNamesThePlace) {
  const auto review = ReadReview(Made(
      "Pod", "CREATE", R"("object":)" + PodOf(R"("containers":[{"image":"a"},{"image":true}])")));
  ASSERT_FALSE(review);
  EXPECT_THAT(review.error().message,
              HasSubstr("$.request.object.spec.containers[1].image: expected a string"));
}

}  // namespace
}  // namespace plimsoll::webhook
