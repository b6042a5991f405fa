#include "sigstore/verifier.h"
#include "base/file.h"
#include "setup/stack.h"
#include "sigstore/trust_root.h"

namespace plimsoll::setup {
namespace {

constexpr std::size_t kMaxTrustRootBytes = 4u << 20;
constexpr std::size_t kMaxKeyBytes = 64u << 10;

Error At(const std::string& key, const std::string& file, const Error& error) {
  return {error.code, key + ": " + (file.empty() ? "" : file + ": ") + error.message, false};
}

Result<sigstore::TrustRoot> LoadTrustRoot(const std::string& file) {
  if (file.empty()) return sigstore::TrustRoot::PublicGood();
  const auto text = ReadFile(file, kMaxTrustRootBytes);
  if (!text) return Forward(At("trustedRootFile", "", text.error()));
  auto root = sigstore::TrustRoot::FromJson(*text);
  if (!root) return Forward(At("trustedRootFile", file, root.error()));
  return root;
}

Result<std::string> LoadKey(const config::PublicKeyConfig& key) {
  if (key.file.empty()) return key.pem;
  auto text = ReadFile(key.file, kMaxKeyBytes);
  if (!text) return Forward(At("publicKeys[" + key.name + "]", "", text.error()));
  return text;
}

}  // namespace

Result<std::shared_ptr<const sigstore::Verifier>> LoadVerifier(
    const config::PlimsollConfig& config) {
  PLIMSOLL_ASSIGN(sigstore::TrustRoot root, LoadTrustRoot(config.trusted_root_file));
  sigstore::VerifierOptions options;
  for (const config::PublicKeyConfig& key : config.public_keys) {
    PLIMSOLL_ASSIGN(std::string pem, LoadKey(key));
    options.public_keys_pem.push_back(std::move(pem));
  }
  auto verifier = sigstore::Verifier::Create(std::move(root), std::move(options));
  if (!verifier) return Forward(At("publicKeys", "", verifier.error()));
  return std::make_shared<const sigstore::Verifier>(std::move(*verifier));
}

baseline::Durations DurationsOf(const config::PlimsollConfig& config) {
  const config::Durations& from = config.durations;
  return {.reverify_after = from.reverify_after,
          .establish_after = from.establish_after,
          .confirm_after = from.confirm_after,
          .drift_recheck_after = from.drift_recheck_after,
          .signing_grace = from.signing_grace,
          .judge_within = from.judge_within,
          .resolve_after = from.resolve_after,
          .end_after = from.end_after,
          .contradict_after = from.contradict_after,
          .negative_cache_for = from.negative_cache_for,
          .observed_false_after = from.observed_false_after,
          .acceptance_expiring_before = from.acceptance_expiring_before};
}

}  // namespace plimsoll::setup
