#include "kube/object.h"

#include <gtest/gtest.h>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

TEST(ObjectPath, PathsAreThoseOfTheApi) {
  const ResourceType custom{"plimsoll.dev", "v1alpha1", "signingbaselines", "SigningBaseline",
                            false};
  EXPECT_EQ(CollectionPath(Pods()), "/api/v1/pods");
  EXPECT_EQ(CollectionPath(Pods(), "shop"), "/api/v1/namespaces/shop/pods");
  EXPECT_EQ(CollectionPath(custom, "ignored"), "/apis/plimsoll.dev/v1alpha1/signingbaselines");
  EXPECT_EQ(*ObjectPath(custom, "", "web-1", "status"),
            "/apis/plimsoll.dev/v1alpha1/signingbaselines/web-1/status");
  EXPECT_EQ(*ObjectPath(Leases(), "ns", "a"),
            "/apis/coordination.k8s.io/v1/namespaces/ns/leases/a");
}

TEST(ObjectPath, ANameThatLeavesItsFolderIsNeverSent) {
  for (const char* name :
       {"", "..", "a/b", "../secrets/x", "a%2fb", "a?x", "A", "-a", "a-", "a..b", "a.-b", ".a"}) {
    EXPECT_FALSE(ObjectPath(Secrets(), "shop", name).has_value()) << name;
    EXPECT_FALSE(ObjectPath(Secrets(), name, "x").has_value()) << name;
  }
  EXPECT_TRUE(ObjectPath(Secrets(), "shop", "registry.example.com").has_value());
}

TEST(ReadObjectMeta, OnlyTheIdentifyingPartIsKept) {
  const auto meta = ReadObjectMeta(testing::ConfigMapObject("web", "42", "x"));
  ASSERT_TRUE(meta.has_value());
  EXPECT_EQ(meta->kind, "ConfigMap");
  EXPECT_EQ(meta->api_version, "v1");
  EXPECT_EQ(meta->name, "web");
  EXPECT_EQ(meta->namespace_name, "ns");
  EXPECT_EQ(meta->uid, "uid-web");
  EXPECT_EQ(meta->resource_version, "42");
  EXPECT_FALSE(meta->initial_events_end);
}

TEST(ReadObjectMeta, NamesElsewhereInTheObjectAreNotTakenForItsOwn) {
  const auto meta = ReadObjectMeta(
      R"({"spec":{"name":"x","metadata":{"name":"y","uid":"z"}},"metadata":{"ownerReferences":[{"kind":"B","name":"c","uid":"d"}],)"
      R"("labels":{"name":"l","uid":"m"},"name":"a","uid":"u","resourceVersion":"1"},"status":{"name":"n"}})");
  ASSERT_TRUE(meta.has_value());
  EXPECT_EQ(meta->name, "a");
  EXPECT_EQ(meta->uid, "u");
  EXPECT_EQ(meta->kind, "");
}

TEST(ReadObjectMeta, TheEndOfTheInitialEventsIsSeenOnlyInItsAnnotation) {
  EXPECT_TRUE(
      ReadObjectMeta(
          R"({"kind":"Pod","apiVersion":"v1","metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}})")
          ->initial_events_end);
  for (
      const char* json :
      {R"({"kind":"Pod","apiVersion":"v1","metadata":{"annotations":{"k8s.io/initial-events-end":"false"}}})",
       R"({"kind":"Pod","apiVersion":"v1","metadata":{"labels":{"k8s.io/initial-events-end":"true"}}})",
       R"({"kind":"Pod","apiVersion":"v1","metadata":{"k8s.io/initial-events-end":"true"}})",
       R"({"annotations":{"k8s.io/initial-events-end":"true"},"metadata":{}})"}) {
    EXPECT_FALSE(ReadObjectMeta(json)->initial_events_end) << json;
  }
}

TEST(ReadObjectMeta, WhatIsNoObjectIsRefused) {
  for (const char* json :
       {"", "[]", "1", "{", R"({"metadata":{"name":"a"})", R"({"metadata":{"name":"a"}} x)"}) {
    EXPECT_FALSE(ReadObjectMeta(json).has_value()) << json;
  }
}

TEST(QueryEscape, EverythingButPlainCharactersIsEscaped) {
  EXPECT_EQ(QueryEscape("a-b_c.d~e"), "a-b_c.d~e");
  EXPECT_EQ(QueryEscape("app in (x,y)&b=c#\xc3\xa4"), "app%20in%20%28x%2Cy%29%26b%3Dc%23%C3%A4");
}

}  // namespace
}  // namespace plimsoll::kube
