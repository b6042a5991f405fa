#include "cosign.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>

#include "base/encoding.h"
#include "base/subprocess.h"
#include "json/json.h"

namespace plimsoll::differential {
namespace {

std::string Write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

// The predicate type of a bundle with an envelope, which cosign has to be told; nothing for one without.
std::optional<std::string> PredicateTypeOf(const std::string& bundle) {
  const auto document = json::Document::Parse(bundle);
  if (!document || !document->root()["dsseEnvelope"].present()) return std::nullopt;
  const auto payload =
      Base64DecodeEither(document->root()["dsseEnvelope"]["payload"].StringOrEmpty());
  if (!payload) return "custom";
  const auto statement = json::Document::Parse(AsText(*payload));
  const std::string type(statement ? statement->root()["predicateType"].StringOrEmpty() : "");
  return type.empty() ? "custom" : type;
}

std::string LastLine(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  text = text.substr(text.rfind('\n') + 1);
  const std::string_view prefix = "error during command execution: ";
  if (const auto at = text.find(prefix); at != std::string::npos) text.erase(0, at + prefix.size());
  return text;
}

}  // namespace

Result<std::string> FindCosign() {
  SubprocessRequest request;
  request.argv = {PLIMSOLL_SOURCE_DIR "/scripts/testbed", "tool", "cosign"};
  request.timeout = std::chrono::minutes(40);
  PLIMSOLL_ASSIGN(const SubprocessResult result, RunSubprocess(request));
  if (result.exit_code != 0) return Fail(kUnavailable, result.error_output);
  return LastLine(result.output);
}

Result<CosignAnswer> JudgeByCosign(const std::string& cosign, const JudgedBundle& bundle,
                                   const std::filesystem::path& folder) {
  const auto predicate = PredicateTypeOf(bundle.bundle);
  SubprocessRequest request;
  request.timeout = std::chrono::minutes(1);
  // Nothing of the user's own, and no way out: what it needs is given.
  request.environment = {{"HOME", folder.string()},
                         {"TUF_ROOT", (folder / "tuf").string()},
                         {"HTTPS_PROXY", "http://127.0.0.1:9"}};
  auto& argv = request.argv;
  argv = {cosign, predicate ? "verify-blob-attestation" : "verify-blob"};
  const auto add = [&](std::string flag, std::string value) {
    argv.push_back(std::move(flag));
    argv.push_back(std::move(value));
  };
  add("--bundle", Write(folder / "bundle.json", bundle.bundle));
  add("--trusted-root", Write(folder / "trusted_root.json", bundle.trusted_root));
  if (!bundle.key_pem.empty()) {
    add("--key", Write(folder / "key.pub", bundle.key_pem));
  } else if (!bundle.identity.empty()) {
    add("--certificate-identity", bundle.identity);
    add("--certificate-oidc-issuer", bundle.issuer);
  } else {
    add("--certificate-identity-regexp", ".*");
    add("--certificate-oidc-issuer-regexp", ".*");
  }
  if (predicate) add("--type", *predicate);
  if (bundle.digest.empty()) {
    argv.push_back(Write(folder / "artifact", bundle.artifact));
  } else if (predicate) {
    const auto colon = bundle.digest.find(':');
    add("--digestAlg", bundle.digest.substr(0, colon));
    add("--digest", bundle.digest.substr(colon + 1));
  } else {
    argv.push_back(bundle.digest);
  }
  PLIMSOLL_ASSIGN(const SubprocessResult result, RunSubprocess(request));
  if (result.exit_code == 0) return CosignAnswer{true, ""};
  return CosignAnswer{false, LastLine(result.error_output)};
}

}  // namespace plimsoll::differential
