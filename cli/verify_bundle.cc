#include "cli/verify_bundle.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/printable.h"
#include "config/flags.h"
#include "json/writer.h"
#include "sigstore/verifier.h"

namespace plimsoll::cli {
namespace {

using sigstore::Signer;
using sigstore::SignerKind;
using sigstore::Verification;

constexpr int kVerified = 0;
constexpr int kRejected = 1;
constexpr int kUsageError = 2;

constexpr std::size_t kMaxInputBytes = 16u << 20;  // bundle, trusted root, key
constexpr std::size_t kMaxContentBytes = 64u
                                         << 20;  // beyond it only digests of the artifact are kept
constexpr std::size_t kReadBytes = 64u << 10;

struct Flags {
  bool staging = false;
  std::string bundle;
  std::string identity;
  std::string issuer;
  std::string key;
  std::string trusted_root;
  std::string output = "text";
};

config::FlagSet MakeFlags(Flags* flags) {
  config::FlagSet set(
      "plimsoll verify-bundle --bundle FILE (--certificate-identity ID "
      "--certificate-oidc-issuer URL | --key PEM) [flags] FILE_OR_DIGEST",
      "Verifies one Sigstore bundle for one artifact, offline.");
  set.String("bundle", &flags->bundle, "FILE", "The Sigstore bundle.");
  set.String("certificate-identity", &flags->identity, "ID",
             "The exact identity that the certificate must name.");
  set.String("certificate-oidc-issuer", &flags->issuer, "URL",
             "The exact issuer that the certificate must name.");
  set.String("key", &flags->key, "PEM", "A file with the public key that must have signed.");
  set.String("trusted-root", &flags->trusted_root, "FILE",
             "A Sigstore TrustedRoot (JSON) instead of the public-good one.");
  set.Bool("staging", &flags->staging,
           "The bundle is of Sigstore's staging instance; needs --trusted-root.");
  set.OneOf("output", &flags->output, {"text", "json"}, "How the result is printed.", 'o');
  return set;
}

Status CheckUsage(const Flags& flags, const std::vector<std::string>& positional) {
  if (flags.bundle.empty()) return Fail(kInvalidArgument, "--bundle FILE is needed");
  if (positional.size() != 1) {
    return Fail(kInvalidArgument,
                "expected one FILE_OR_DIGEST, found " + std::to_string(positional.size()));
  }
  const bool keyless = !flags.identity.empty() || !flags.issuer.empty();
  if (flags.key.empty() == !keyless) {
    return Fail(kInvalidArgument,
                "expected either --key, or --certificate-identity and "
                "--certificate-oidc-issuer");
  }
  if (keyless && (flags.identity.empty() || flags.issuer.empty())) {
    return Fail(kInvalidArgument,
                "--certificate-identity and --certificate-oidc-issuer belong together");
  }
  if (flags.staging && flags.trusted_root.empty()) {
    return Fail(kInvalidArgument,
                "--staging needs --trusted-root: only the public-good trust root is "
                "built in");
  }
  return {};
}

struct Artifact {
  std::string content;
  sigstore::Expected expected;
};

bool IsDigest(const std::string& text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.compare(0, kPrefix.size(), kPrefix) != 0 || text.size() != kPrefix.size() + 64) {
    return false;
  }
  std::error_code error;
  return HexDecode(std::string_view(text).substr(kPrefix.size())).has_value() &&
         !std::filesystem::exists(text, error);
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

Status ReadArtifact(const std::string& file_or_digest, Artifact& artifact) {
  if (IsDigest(file_or_digest)) {
    artifact.expected.digests = {LowerCase(file_or_digest)};
    return {};
  }
  std::error_code error;
  std::ifstream file(file_or_digest, std::ios::binary);
  if (!file || std::filesystem::is_directory(file_or_digest, error)) {
    return Fail(kNotFound, "cannot read the artifact " + Printable(file_or_digest));
  }
  constexpr std::array<std::pair<const char*, Hasher::Algorithm>, 3> kHashes = {{
      {"sha256:", Hasher::Algorithm::kSha256},
      {"sha384:", Hasher::Algorithm::kSha384},
      {"sha512:", Hasher::Algorithm::kSha512},
  }};
  std::vector<Hasher> hashers;
  for (const auto& [name, algorithm] : kHashes) hashers.emplace_back(algorithm);
  bool whole = true;
  std::string buffer(kReadBytes, '\0');
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         file.gcount() > 0) {
    const std::string_view read(buffer.data(), static_cast<std::size_t>(file.gcount()));
    for (Hasher& hasher : hashers) hasher.Update(AsBytes(read));
    whole = whole && artifact.content.size() + read.size() <= kMaxContentBytes;
    if (whole) artifact.content += read;
  }
  if (file.bad()) return Fail(kNotFound, "cannot read the artifact " + Printable(file_or_digest));
  for (std::size_t i = 0; i < kHashes.size(); ++i) {
    artifact.expected.digests.push_back(kHashes[i].first + HexEncode(hashers[i].Finish()));
  }
  if (whole) artifact.expected.content = artifact.content;
  return {};
}

struct Inputs {
  std::string bundle;
  std::string trusted_root;
  std::string key;
};

Result<Inputs> ReadInputs(const Flags& flags) {
  Inputs inputs;
  PLIMSOLL_ASSIGN(inputs.bundle, ReadFile(flags.bundle, kMaxInputBytes));
  if (!flags.trusted_root.empty()) {
    PLIMSOLL_ASSIGN(inputs.trusted_root, ReadFile(flags.trusted_root, kMaxInputBytes));
  }
  if (!flags.key.empty()) {
    PLIMSOLL_ASSIGN(inputs.key, ReadFile(flags.key, kMaxInputBytes));
  }
  return inputs;
}

void RejectIdentity(Reason reason, std::string message, Verification& verification) {
  verification.outcome = sigstore::ClassOf(reason) == sigstore::ReasonClass::kInvalid
                             ? sigstore::Outcome::kInvalid
                             : sigstore::Outcome::kUnverifiable;
  verification.reason = reason;
  verification.message = std::move(message);
}

void CheckIdentity(const Flags& flags, Verification& verification) {
  if (!verification.verified()) return;
  const Signer& signer = *verification.signer;
  if (flags.key.empty() && signer.kind == SignerKind::kKey) {
    return RejectIdentity(sigstore::kNoKey,
                          "it was signed with a public key, and no key was given; expected a "
                          "certificate of " +
                              Printable(flags.identity, 512),
                          verification);
  }
  if (flags.key.empty() && signer.identity != flags.identity) {
    return RejectIdentity(sigstore::kIdentityMismatch,
                          "expected the identity " + Printable(flags.identity, 512) + ", found " +
                              Printable(signer.identity, 512),
                          verification);
  }
  if (flags.key.empty() && signer.issuer != flags.issuer) {
    return RejectIdentity(sigstore::kIdentityMismatch,
                          "expected the issuer " + Printable(flags.issuer, 512) + ", found " +
                              Printable(signer.issuer, 512),
                          verification);
  }
  verification.steps.push_back(sigstore::Step::kIdentity);
}

// The answer, also when trust root or key cannot be parsed.
Verification Judge(const Flags& flags, const Inputs& inputs, const sigstore::Expected& expected) {
  const auto verifier = [&]() -> Result<sigstore::Verifier> {
    sigstore::VerifierOptions options;
    if (!flags.key.empty()) {
      options.public_keys_pem = {inputs.key};
      options.only_configured_keys = true;
    }
    if (flags.trusted_root.empty()) {
      return sigstore::Verifier::Create(sigstore::TrustRoot::PublicGood(), options);
    }
    PLIMSOLL_ASSIGN(auto root, sigstore::TrustRoot::FromJson(inputs.trusted_root));
    return sigstore::Verifier::Create(std::move(root), options);
  }();
  if (!verifier) {
    Verification rejected;
    rejected.reason = verifier.error().code;
    rejected.message = verifier.error().message;
    return rejected;
  }
  Verification verification = verifier->VerifyBundle(inputs.bundle, expected);
  CheckIdentity(flags, verification);
  return verification;
}

void WriteSigner(json::Writer& w, const Signer& signer) {
  w.BeginObject();
  w.Member("kind", Name(signer.kind));
  w.MemberIfSet("identity", signer.identity);
  if (signer.kind == SignerKind::kKeyless) w.Member("identityKind", Name(signer.san_kind));
  w.MemberIfSet("issuer", signer.issuer);
  w.MemberIfSet("buildConfigURI", signer.build_config_uri);
  w.MemberIfSet("sourceRepositoryURI", signer.source_repository_uri);
  w.MemberIfSet("sourceRepositoryID", signer.source_repository_id);
  w.MemberIfSet("sourceRepositoryOwnerID", signer.source_repository_owner_id);
  w.MemberIfSet("spkiSHA256", signer.spki_sha256);
  w.EndObject();
}

void WriteLog(json::Writer& w, const sigstore::LogEvidence& log) {
  w.BeginObject();
  w.Member("origin", log.origin);
  w.Member("logID", log.log_id);
  w.Member("logIndex", log.log_index);
  if (log.integrated_time) w.Member("integratedTime", FormatTime(*log.integrated_time));
  w.Member("entryHash", log.entry_hash);
  w.Member("payloadHash", log.payload_hash);
  w.Member("kind", log.kind);
  w.Member("promise", log.promise);
  w.Member("inclusion", log.inclusion);
  w.EndObject();
}

template <class Items, class Write>
void WriteArray(json::Writer& w, std::string_view name, const Items& items, const Write& write) {
  w.Key(name);
  w.BeginArray();
  for (const auto& item : items) write(item);
  w.EndArray();
}

std::string ToJson(const Verification& verification) {
  json::Writer w(true);
  w.BeginObject();
  w.Member("verified", verification.verified());
  w.Member("outcome", Name(verification.outcome));
  w.MemberIfSet("reason", verification.reason.text());
  w.MemberIfSet("message", verification.message);
  WriteArray(w, "steps", verification.steps, [&](sigstore::Step step) { w.String(Name(step)); });
  if (verification.signer) {
    w.Key("signer");
    WriteSigner(w, *verification.signer);
  }
  WriteArray(w, "times", verification.times, [&](const sigstore::VerifiedTime& time) {
    w.BeginObject();
    w.Member("source", Name(time.source));
    w.Member("authority", time.authority);
    w.Member("time", FormatTime(time.time));
    w.EndObject();
  });
  if (verification.log) {
    w.Key("log");
    WriteLog(w, *verification.log);
  }
  if (verification.statement) w.Member("predicateType", verification.statement->predicate_type);
  WriteArray(w, "ignored", verification.ignored, [&](const std::string& text) { w.String(text); });
  w.EndObject();
  return std::move(w).Take();
}

void Print(const Flags& flags, const Verification& verification, std::ostream& out,
           std::ostream& err) {
  if (flags.output == "json") out << ToJson(verification) << "\n";
  if (!verification.verified()) {
    err << "rejected: " << verification.reason.text() << ": " << verification.message << "\n";
    return;
  }
  if (flags.output == "json") return;
  const Signer& signer = *verification.signer;
  out << "verified: signed by "
      << (signer.kind == SignerKind::kKey
              ? "key " + signer.spki_sha256
              : Printable(signer.identity, 1024) + " (" + Printable(signer.issuer, 512) + ")")
      << "\n";
}

}  // namespace

std::vector<config::FlagSet::Description> DescribeVerifyBundle() {
  Flags flags;
  return MakeFlags(&flags).Describe();
}

int RunVerifyBundle(std::span<const std::string_view> args, std::ostream& out, std::ostream& err) {
  Flags flags;
  const config::FlagSet set = MakeFlags(&flags);
  const auto parsed = set.Parse({args.begin(), args.end()});
  if (parsed && parsed->help) {
    out << set.Help();
    return kVerified;
  }
  const auto usage_error = [&](const Error& error) {
    err << "plimsoll verify-bundle: " << error.message << "\n";
    return kUsageError;
  };
  if (!parsed) return usage_error(parsed.error());
  if (const Status usage = CheckUsage(flags, parsed->positional); !usage) {
    return usage_error(usage.error());
  }
  const auto inputs = ReadInputs(flags);
  if (!inputs) return usage_error(inputs.error());
  Artifact artifact;
  if (const Status read = ReadArtifact(parsed->positional.front(), artifact); !read) {
    return usage_error(read.error());
  }
  const Verification verification = Judge(flags, *inputs, artifact.expected);
  Print(flags, verification, out, err);
  return verification.verified() ? kVerified : kRejected;
}

}  // namespace plimsoll::cli
