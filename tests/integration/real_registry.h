// Debian's docker-registry, started by each test on free ports: one without accounts that tests push to, and one in
// front of the same storage that guards it as the test says. What they serve is pushed by plain HTTP calls.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "oci/discovery.h"
#include "support/fault_server/tls_identity.h"
#include "support/registry_client/registry_client.h"
#include "support/testbed/program.h"

namespace plimsoll::oci {

class RealRegistry : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::string Write(const std::string& name, const std::string& text);

  // Starts a registry whose `http:` section goes on with `more`; its port, 0 when it did not start.
  std::uint16_t Start(std::unique_ptr<testing::Program>& program, const std::string& name,
                      const std::string& more);
  // The guarded one, with TLS under a private authority (`ca_file_`) and the given `auth:` section; "127.0.0.1:PORT".
  std::string StartGuarded(const std::string& auth);
  // "user" with the password "secret".
  std::string BasicAuth();
  static PullSecret Secret(const std::string& host);

  // From now on `client_` asks these registries; the first one is `host_`.
  void Connect(std::vector<RegistrySettings> settings);

  std::string PutBlob(const std::string& bytes);
  std::string PutManifest(const std::string& tag, const std::string& bytes,
                          const std::string& type = "application/vnd.oci.image.manifest.v1+json");
  std::string Layer(const std::string& type, const std::string& bytes,
                    const std::string& annotations);
  std::string Image(const std::string& layers, const std::string& more = "");
  std::string PushImage();
  void PushSignature(const std::string& digest);
  // As cosign 3 leaves it where there is no referrers API.
  void PushBundle(const std::string& digest);
  int Delete(const std::string& digest);

  Repository Own() const { return *Repository::FromKey(host_ + "/team/app"); }
  DiscoveryResult Discover(const std::string& digest, Validators previous = {}, Access access = {});

  std::filesystem::path folder_;
  testing::TlsIdentity identity_ = testing::MakeTlsIdentity();
  std::string ca_file_;
  std::string host_;
  std::unique_ptr<testing::Program> plain_, guarded_;
  std::unique_ptr<testing::TestRegistryClient> client_;

 private:
  std::string program_;
  std::uint16_t push_port_ = 0;
};

}  // namespace plimsoll::oci
