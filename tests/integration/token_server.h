// A token server as registries are given one: docker's token protocol (GET and OAuth2 POST) over TLS, tokens that a real
// registry verifies by the certificate in them.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "support/fault_server/fault_server.h"
#include "support/fault_server/tls_identity.h"

namespace plimsoll::testing {

class TokenServer {
 public:
  // Serves as `identity`, and signs tokens with its key.
  explicit TokenServer(const TlsIdentity& identity);

  // The `auth:` section of a registry that believes this server; `root_file` holds the identity's authority.
  std::string RegistryAuth(const std::string& root_file) const;
  std::string host() const { return server_.host_port(); }
  std::vector<SeenRequest> Requests() const { return server_.Requests(); }

  std::atomic<bool> grants_anonymous{
      false};  // else only to user:secret, or the identity token "long-lived"
  std::atomic<int> already_expired{0};  // so many next tokens ended an hour ago
  std::atomic<bool> for_another_repository{false};

 private:
  Reply Answer(const SeenRequest& request);
  std::string Token(const std::string& scope);

  const std::string key_pem_;
  const std::string certificate_;  // the leaf, DER in base64
  FaultServer server_;
};

}  // namespace plimsoll::testing
