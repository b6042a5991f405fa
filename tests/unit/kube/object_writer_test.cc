#include "kube/object_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using testing::ConfigMapObject;
using ::testing::IsEmpty;
using testing::StatusObject;

class WriterTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeWaiter waiter_{clock_};
  testing::ScriptedTransport transport_{clock_};
  Client client_{transport_, clock_, waiter_};
  ObjectWriter writer_{client_};
};

TEST_F(WriterTest, AStatusIsWrittenWithTheVersionThatItWasComputedFrom) {
  transport_.Answer(200, ConfigMapObject("a", "8"));
  const auto stored = writer_.UpdateStatus(ConfigMaps(), "ns", "a", ConfigMapObject("a", "7"));
  ASSERT_TRUE(stored.has_value());
  const auto calls = transport_.calls();
  EXPECT_EQ(calls.at(0).method, Method::kPut);
  EXPECT_EQ(calls.at(0).target, "/api/v1/namespaces/ns/configmaps/a/status");
}

TEST_F(WriterTest, AWriteWithoutAVersionNeverLeaves) {
  const auto stored = writer_.UpdateStatus(ConfigMaps(), "ns", "a", ConfigMapObject("a", ""));
  ASSERT_FALSE(stored.has_value());
  EXPECT_EQ(stored.error().code, kInvalidArgument);
  EXPECT_FALSE(writer_.Update(ConfigMaps(), "ns", "a", ConfigMapObject("b", "7")).has_value())
      << "nor one of another name";
  EXPECT_THAT(transport_.calls(), IsEmpty());
}

TEST_F(WriterTest, AnOldVersionIsAConflict) {
  transport_.Answer(409, StatusObject(409, "Conflict", "the object has been modified"));
  const auto stored = writer_.UpdateStatus(ConfigMaps(), "ns", "a", ConfigMapObject("a", "7"));
  ASSERT_FALSE(stored.has_value());
  EXPECT_EQ(stored.error().code, kConflict);
  EXPECT_EQ(transport_.calls().size(), 1U)
      << "who computed from the old object computes again, not the client";
}

TEST_F(WriterTest, ATakenNameIsAlreadyExists) {
  transport_.Answer(409, StatusObject(409, "AlreadyExists"));
  const auto stored = writer_.Create(ConfigMaps(), "ns", ConfigMapObject("a", ""));
  ASSERT_FALSE(stored.has_value());
  EXPECT_EQ(stored.error().code, kAlreadyExists);
}

TEST_F(WriterTest, ADeleteCarriesItsPreconditions) {
  transport_.Answer(200, "{}");
  EXPECT_TRUE(writer_.Delete(ConfigMaps(), "ns", "a", {"uid-1", "7"}).has_value());
  EXPECT_EQ(
      transport_.calls().at(0).body,
      R"({"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"uid-1","resourceVersion":"7"}})");
}

TEST_F(WriterTest, AnApplyNamesItsManagerAndForcesOnlyWhenTold) {
  transport_.Answer(200, "{}");
  ObjectWriter::PatchOptions options;
  options.type = PatchType::kApply;
  EXPECT_FALSE(writer_.Patch(ConfigMaps(), "ns", "a", "{}", options).has_value());
  options.field_manager = "kubectl-plimsoll";
  options.dry_run = true;
  EXPECT_TRUE(writer_.Patch(ConfigMaps(), "ns", "a", "{}", options).has_value());
  EXPECT_EQ(transport_.calls().at(0).target,
            "/api/v1/namespaces/ns/configmaps/a?fieldManager=kubectl-plimsoll&dryRun=All");
  EXPECT_EQ(transport_.calls().at(0).content_type, "application/apply-patch+yaml");
}

}  // namespace
}  // namespace plimsoll::kube
