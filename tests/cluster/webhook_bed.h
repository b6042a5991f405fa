// A test of the webhook as the real API server calls it: by the two configurations, over TLS, with the rights of its
// account and no more. Registries are reached through a gate, so that a test can take them away.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cluster/cluster_test.h"
#include "support/fault_server/tls_identity.h"
#include "support/tcp_gate/tcp_gate.h"

namespace plimsoll::testing {

class WebhookTest : public ClusterTest {
 protected:
  void SetUp() override;
  void TearDown() override;  // also takes both configurations away
  std::vector<std::string> Registries() const override;

  struct Outcome {
    int exit_code = -1;
    std::string output;
    std::string errors;
    std::chrono::milliseconds took{0};
    bool ok() const { return exit_code == 0; }
  };
  // kubectl of the bed's admin. That it refuses is no failure of the test.
  Outcome Try(const std::vector<std::string>& words, const std::string& input = "") const;
  // `kubectl run` of a Pod under a new name, in the namespace that is labelled or in the other one.
  Outcome RunImage(const std::string& image, const std::string& name_space,
                   const std::vector<std::string>& more = {});
  // The same until it is admitted, where what makes it so has still to reach the webhook.
  Outcome RunImageUntilAdmitted(const std::string& image, const std::string& name_space);
  // The same until there is a warning: a review that does not wait starts the look-up that the next one is judged by.
  Outcome RunImageUntilWarned(const std::string& image, const std::string& name_space);

  // The same until the refusal says this.
  Outcome RunImageUntilRefused(const std::string& image, const std::string& reason);

  // Carries the label plimsoll.dev/enforce=deny. Made at the first call.
  const std::string& Denying();

  // A review of a Pod with one container, as the API server sends it.
  static std::string ReviewOf(const std::string& name_space, const std::string& image);

  // Waits until it is ready, and says on which port it listens. `files` is a folder with tls.crt and tls.key.
  struct Replica {
    std::unique_ptr<Program> program;
    std::uint16_t port = 0;
    std::uint16_t metrics_port = 0;
  };
  Replica StartWebhook(const std::string& files = "");

  // Puts both configurations up, without a caBundle where no authority is given; they lead to this port.
  void Configure(std::uint16_t port, const std::string& authority_pem);
  // Returns when the API server asks this replica, for both configurations.
  void WaitUntilAsked(const Replica& replica);
  // Writes a pair as the kubelet does: a reader sees the old one or the new one.
  void Mount(const std::string& folder, const std::string& chain_pem, const std::string& key_pem);
  std::string MakeFolder(const std::string& name) const;

  // Trusts one key for the repository, as a person would, and does without days of learning.
  void Pin(const std::string& repository, const std::string& public_key_file);
  // The sum of a counter's series whose line contains `labels`.
  double MetricOf(const Replica& replica, const std::string& name, const std::string& labels) const;

  TcpGate& registry_gate() { return registry_gate_; }
  // A repository behind the gate.
  std::string Gated(const std::string& name) const {
    return Repository(name, registry_gate_.address());
  }
  const TlsIdentity& identity() const { return identity_; }

 private:
  TcpGate registry_gate_;
  std::string denying_;
  int pods_ = 0;
  TlsIdentity identity_ = MakeTlsIdentity({.names = {"plimsoll-webhook.plimsoll-system.svc"}});
};

}  // namespace plimsoll::testing
