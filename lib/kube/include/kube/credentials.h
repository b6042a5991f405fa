// Who we are towards the API server: a bearer token, a client certificate, or neither.
//
// A source is asked before each request and each new connection; it keeps what it has and renews it when it is
// due: a token file and certificate files are read again (a service account's token lives an hour, its file is
// replaced before that), an exec plug-in is run again before its credential expires. `Rejected` is told after a
// 401, so that the next request does not repeat a dead credential. Thread-safe. Secrets are never logged and
// never part of a message.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::kube {

struct Credential {
  std::string bearer_token;
  std::string client_certificate_pem;  // chain, leaf first
  std::string client_key_pem;
};

class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual Result<Credential> Get() = 0;
  virtual void Rejected() = 0;
};

// Never changes.
std::unique_ptr<CredentialSource> StaticCredential(Credential credential);

// Token from a file, read again a minute after the last reading (10 s early), and at once after a 401. When the
// file cannot be read the last token stays in use.
std::unique_ptr<CredentialSource> TokenFileCredential(std::string path, const Clock& clock);

// Certificate and key from files, read again every five minutes. A pair that does not belong together (half
// replaced) is not taken: the last good pair stays in use.
std::unique_ptr<CredentialSource> CertificateFileCredential(std::string certificate_path,
                                                            std::string key_path,
                                                            const Clock& clock);

// A client-go credential plug-in (client.authentication.k8s.io/v1 or v1beta1, ExecCredential).
struct ExecPlugin {
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string api_version;
  std::string install_hint;
  bool provide_cluster_info = false;
  std::string cluster_server;  // for provide_cluster_info
  std::string cluster_ca_pem;
  std::chrono::milliseconds timeout{30'000};
};
std::unique_ptr<CredentialSource> ExecCredential(ExecPlugin plugin, const Clock& clock);

}  // namespace plimsoll::kube
