#include "kube/credentials.h"

#include <mutex>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/subprocess.h"
#include "json/json.h"
#include "json/writer.h"
#include "kube/api_error.h"
#include "pem.h"

namespace plimsoll::kube {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Duration kTokenPeriod = std::chrono::seconds(60);
constexpr Duration kTokenLeeway = std::chrono::seconds(10);
constexpr Duration kCertificatePeriod = std::chrono::minutes(5);
constexpr Duration kExecLeeway = std::chrono::seconds(10);
constexpr std::size_t kMaxToken = 64u << 10;
constexpr std::size_t kMaxPemFile = 1u << 20;
constexpr json::Limits kExecLimits{1u << 20, 16, 1'000, true};

// A token is sent in a header: a line end in it would start another header.
Result<std::string> CleanToken(std::string text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return Fail(kUnauthorized, "expected a token, found nothing");
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  for (const char c : text) {
    if (c <= ' ' || c > '~') return Fail(kUnauthorized, "expected a token of printable characters");
  }
  return text;
}

class StaticSource final : public CredentialSource {
 public:
  explicit StaticSource(Credential credential) : credential_(std::move(credential)) {}
  Result<Credential> Get() override { return credential_; }
  void Rejected() override {}

 private:
  const Credential credential_;
};

class TokenFileSource final : public CredentialSource {
 public:
  TokenFileSource(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  Result<Credential> Get() override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.Steady();
    if (token_.empty() || now >= read_again_) {
      auto text = ReadFile(path_, kMaxToken);
      auto token = text ? CleanToken(std::move(*text)) : Forward(std::move(text).error());
      if (token) {
        token_ = std::move(*token);
        read_again_ = now + (kTokenPeriod - kTokenLeeway);
      } else if (token_.empty()) {
        return FailRetryable(kUnauthorized, "token file " + path_ + ": " + token.error().message);
      }
    }
    return Credential{token_, {}, {}};
  }
  void Rejected() override {
    const std::lock_guard lock(mutex_);
    read_again_ = {};
  }

 private:
  const std::string path_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string token_;        // guarded by mutex_
  SteadyTime read_again_{};  // guarded by mutex_
};

class CertificateFileSource final : public CredentialSource {
 public:
  CertificateFileSource(std::string certificate_path, std::string key_path, const Clock& clock)
      : certificate_path_(std::move(certificate_path)),
        key_path_(std::move(key_path)),
        clock_(clock) {}

  Result<Credential> Get() override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.Steady();
    if (!pair_ || now >= read_again_) {
      auto pair = Read();
      if (pair) {
        pair_ = std::move(*pair);
        read_again_ = now + kCertificatePeriod;
      } else if (!pair_) {
        return FailRetryable(kUnauthorized, pair.error().message);
      }
    }
    return *pair_;
  }
  void Rejected() override {
    const std::lock_guard lock(mutex_);
    read_again_ = {};
  }

 private:
  Result<Credential> Read() const {
    Credential pair;
    PLIMSOLL_ASSIGN(pair.client_certificate_pem, ReadFile(certificate_path_, kMaxPemFile));
    PLIMSOLL_ASSIGN(pair.client_key_pem, ReadFile(key_path_, kMaxPemFile));
    const Status fits = CheckPair(pair.client_certificate_pem, pair.client_key_pem);
    if (!fits) {
      return Fail(fits.error().code,
                  certificate_path_ + " and " + key_path_ + ": " + fits.error().message);
    }
    return pair;
  }

  const std::string certificate_path_;
  const std::string key_path_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Credential> pair_;  // guarded by mutex_
  SteadyTime read_again_{};         // guarded by mutex_
};

class ExecSource final : public CredentialSource {
 public:
  ExecSource(ExecPlugin plugin, const Clock& clock) : plugin_(std::move(plugin)), clock_(clock) {}

  Result<Credential> Get() override {
    const std::lock_guard lock(mutex_);
    const bool due = expires_ && clock_.Now() + kExecLeeway >= *expires_;
    if (!credential_ || due) PLIMSOLL_TRY(RunLocked());
    return *credential_;
  }
  void Rejected() override {
    const std::lock_guard lock(mutex_);
    credential_.reset();
  }

 private:
  Status RunLocked() {
    SubprocessRequest request;
    request.argv.push_back(plugin_.command);
    request.argv.insert(request.argv.end(), plugin_.args.begin(), plugin_.args.end());
    request.environment = plugin_.env;
    request.environment["KUBERNETES_EXEC_INFO"] = ExecInfo();
    request.timeout = plugin_.timeout;
    const std::string what = "credential plug-in " + Printable(plugin_.command);
    const auto result = RunSubprocess(request);
    if (!result) {
      std::string message = what + ": " + result.error().message;
      if (result.error().code == kNotFound && !plugin_.install_hint.empty()) {
        message += "; " + Printable(plugin_.install_hint, 512);
      }
      return FailRetryable(kUnauthorized, std::move(message));
    }
    if (result->exit_code != 0) {
      return FailRetryable(kUnauthorized, what + ": expected exit code 0, found " +
                                              std::to_string(result->exit_code) + ": " +
                                              Printable(result->error_output, 512));
    }
    const Status read = ReadAnswerLocked(result->output);
    if (!read) return FailRetryable(kUnauthorized, what + ": " + read.error().message);
    return {};
  }

  std::string ExecInfo() const {
    json::Writer info;
    info.BeginObject();
    info.Member("kind", "ExecCredential");
    info.Member("apiVersion", plugin_.api_version);
    info.Key("spec");
    info.BeginObject();
    if (plugin_.provide_cluster_info) {
      info.Key("cluster");
      info.BeginObject();
      info.Member("server", plugin_.cluster_server);
      if (!plugin_.cluster_ca_pem.empty()) {
        info.Member("certificate-authority-data", Base64Encode(AsBytes(plugin_.cluster_ca_pem)));
      }
      info.EndObject();
    }
    info.Member("interactive", false);
    info.EndObject();
    info.EndObject();
    return std::move(info).Take();
  }

  Status ReadAnswerLocked(std::string_view output) {
    const auto document = json::Document::Parse(output, kExecLimits);
    // The parser's message could quote the answer, which is a secret.
    if (!document) return Fail(kMalformed, "expected an ExecCredential in JSON");
    const json::Value root = document->root();
    if (root["kind"].StringOrEmpty() != "ExecCredential") {
      return Fail(kMalformed, "expected kind ExecCredential");
    }
    if (root["apiVersion"].StringOrEmpty() != plugin_.api_version) {
      return Fail(kMalformed, "expected apiVersion " + plugin_.api_version + ", found " +
                                  Printable(root["apiVersion"].StringOrEmpty(), 64));
    }
    const json::Value status = root["status"];
    Credential credential;
    if (!status["token"].StringOrEmpty().empty()) {
      PLIMSOLL_ASSIGN(credential.bearer_token,
                      CleanToken(std::string(status["token"].StringOrEmpty())));
    }
    credential.client_certificate_pem =
        std::string(status["clientCertificateData"].StringOrEmpty());
    credential.client_key_pem = std::string(status["clientKeyData"].StringOrEmpty());
    if (credential.client_certificate_pem.empty() != credential.client_key_pem.empty()) {
      return Fail(kMalformed, "expected clientCertificateData and clientKeyData together");
    }
    if (!credential.client_key_pem.empty()) {
      PLIMSOLL_TRY(CheckPair(credential.client_certificate_pem, credential.client_key_pem));
    }
    if (credential.bearer_token.empty() && credential.client_key_pem.empty()) {
      return Fail(kMalformed,
                  "expected status.token or status.clientCertificateData, found neither");
    }
    std::optional<Time> expires;
    if (const auto text = status["expirationTimestamp"].StringOrEmpty(); !text.empty()) {
      PLIMSOLL_ASSIGN(expires, ParseTime(text));
    }
    credential_ = std::move(credential);
    expires_ = expires;
    return {};
  }

  const ExecPlugin plugin_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Credential> credential_;  // guarded by mutex_
  std::optional<Time> expires_;           // guarded by mutex_
};

}  // namespace

std::unique_ptr<CredentialSource> StaticCredential(Credential credential) {
  return std::make_unique<StaticSource>(std::move(credential));
}

std::unique_ptr<CredentialSource> TokenFileCredential(std::string path, const Clock& clock) {
  return std::make_unique<TokenFileSource>(std::move(path), clock);
}

std::unique_ptr<CredentialSource> CertificateFileCredential(std::string certificate_path,
                                                            std::string key_path,
                                                            const Clock& clock) {
  return std::make_unique<CertificateFileSource>(std::move(certificate_path), std::move(key_path),
                                                 clock);
}

std::unique_ptr<CredentialSource> ExecCredential(ExecPlugin plugin, const Clock& clock) {
  return std::make_unique<ExecSource>(std::move(plugin), clock);
}

}  // namespace plimsoll::kube
