// A fake registry, a client for it, and the shapes that tests of this room need.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "oci/discovery.h"
#include "oci/registry.h"
#include "support/fake_registry/fake_registry.h"
#include "support/registry_client/registry_client.h"

namespace plimsoll::oci {

class RegistryFixture : public ::testing::Test {
 protected:
  static constexpr char kRepo[] = "team/app";

  RegistryFixture() { Connect({}); }

  // A client with other limits, or with credentials.
  void Connect(testing::TestRegistryClient::Options options) {
    options.registries.push_back(testing::PlainHost(fake_.host()));
    client_ = std::make_unique<testing::TestRegistryClient>(std::move(options));
  }

  Repository Own(const std::string& path = kRepo) const {
    return *Repository::FromKey(fake_.host() + "/" + path);
  }

  DiscoveryResult Discover(const std::string& digest, Validators previous = {},
                           bool fresh = false) {
    DiscoveryRequest request{.repository = Own(),
                             .digest = *Digest::Parse(digest),
                             .places = {},
                             .access = {},
                             .previous = std::move(previous)};
    request.access.fresh = fresh;
    return (*client_)->Discover(request);
  }

  // An image, and one classic signature for it.
  testing::Descriptor Image(const std::string& content = "image") {
    return fake_.PushImage(kRepo, "v1", content);
  }
  static testing::SimpleSignature Signature(const std::string& payload = "payload") {
    return {.payload = payload,
            .signature = "c2ln",
            .annotations = {{"dev.sigstore.cosign/bundle", "{}"}}};
  }
  testing::Descriptor PushBundle(const testing::Descriptor& subject,
                                 const std::string& bytes = "{\"bundle\":1}",
                                 bool fallback_tag = false) {
    return fake_.PushReferrer(kRepo, subject, testing::kSigstoreBundle, testing::kSigstoreBundle,
                              bytes, {}, fallback_tag);
  }
  // A descriptor of bytes that it puts into the repository.
  testing::Descriptor Put(const std::string& bytes, const std::string& media_type,
                          std::map<std::string, std::string> annotations = {}) {
    testing::Descriptor descriptor;
    descriptor.media_type = media_type;
    descriptor.digest = fake_.PutBlob(kRepo, bytes);
    descriptor.size = bytes.size();
    descriptor.annotations = std::move(annotations);
    return descriptor;
  }
  static std::string SigTag(const std::string& digest) {
    return "sha256-" + digest.substr(7) + ".sig";
  }

  testing::FakeRegistry fake_;
  std::unique_ptr<testing::TestRegistryClient> client_;
};

template <class T>
const T* Content(const Material& material) {
  return std::get_if<T>(&material.content);
}

}  // namespace plimsoll::oci
