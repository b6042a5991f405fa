// A whole Sigstore in memory: certificate authority, CT log, Rekor v1 and v2, time-stamp authority, and the
// trust root that trusts them. It signs anything, well or damaged in one place, and gives text and bytes
// only, so that it shares no code and no reading of a format with the verifier that it tests.
//
//   VirtualSigstore sigstore;                              // everything depends on the seed only
//   SignedBundle bundle = sigstore.SignMessage("artifact", {});
//   Verify(bundle.Json(), sigstore.Trust().Json());        // holds
//   bundle.entries[0].log_index += 1;                      // damaged after signing: only the promise fails
//   BundleSpec spec; spec.leaf.certificate = [](auto& c) { c.extended_key_usage = {}; };  // and before
//
// How to damage: what no signature covers, or what a signature covers and shall not fit any more, is changed in
// the result (SignedBundle, ClassicSignature, LoggedEntry, TrustDocument are plain data). What must be wrong
// and well signed is asked for in the spec. A stranger's part comes from a second VirtualSigstore of another
// seed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "support/virtual_sigstore/certificate_writer.h"
#include "support/virtual_sigstore/test_key.h"
#include "support/virtual_sigstore/timestamp_writer.h"
#include "support/virtual_sigstore/transparency_log.h"

namespace plimsoll::test {

// 2026-03-01T12:00:00Z: when everything is signed, unless a spec says otherwise.
inline constexpr Time kSigningTime{std::chrono::seconds(1'772'366'400)};

struct SigstoreOptions {
  std::string seed = "harbour";
  Time now = kSigningTime;
  KeyType root_key = KeyType::kP384;
  KeyType intermediate_key = KeyType::kP384;
  KeyType ct_key = KeyType::kP256;
  KeyType rekor_key = KeyType::kP256;
  KeyType rekor2_key = KeyType::kEd25519;
  KeyType tsa_key = KeyType::kP256;
  // Other than the keys' usual ones; the trust root's key details follow.
  std::optional<crypto::SignatureAlgorithm> rekor_algorithm = {};
  std::optional<crypto::SignatureAlgorithm> rekor2_algorithm = {};
  std::string rekor_host = "rekor.harbour.example";
  std::string rekor2_host = "log2026-1.rekor.harbour.example";
  std::string tree_id = "1193050959916656506";
  std::int64_t first_index = 1'000'000;  // of the v1 shard, in the numbering over all shards
  std::vector<RawExtension> intermediate_extensions = {};  // name constraints
  std::function<void(CertificateSpec&)> root = {};         // anything else
  std::function<void(CertificateSpec&)> intermediate = {};
  std::function<void(CertificateSpec&)> tsa = {};
};

// A certificate with its private key.
struct Authority {
  CertificateSpec spec = {};
  TestKey key;
  Bytes der = {};
  Bytes name = {};  // its subject, DER
  std::string Pem() const;
  Signer AsSigner() const { return {name, &key}; }
};

// A workflow run as Fulcio writes it into a certificate.
struct Workflow {
  std::string issuer = "https://token.actions.githubusercontent.com";
  std::string repository = "https://github.com/harbour/crane";
  std::string workflow = ".github/workflows/release.yml";
  std::string ref = "refs/tags/v1.2.3";
  std::string commit = "8f4e1b5bd1fd2e52a1b6e5d9f0a1c3e5a7b9d1f3";
  std::string repository_id = "123456789";
  std::string owner_id = "987654";
  std::string trigger = "push";
  std::string run = "4242424242/attempts/1";
};

struct LeafSpec {
  KeyType key = KeyType::kP256;
  std::string key_seed = "leaf";  // together with the Sigstore's own
  std::optional<TestKey> own_key = {};
  GeneralName name = {};  // empty value: the workflow's URI
  // What Fulcio's extensions hold, by the last number of their OID (.1 to .24). The workflow's values are
  // filled in first; `without_workflow` leaves only what is here. Numbers below 7 are raw, others UTF8String.
  Workflow workflow = {};
  bool without_workflow = false;
  std::map<int, std::string> fulcio = {};
  std::optional<Time> not_before = {};  // default: one minute before the signing time
  Duration lifetime = std::chrono::minutes(10);
  bool sct = true;
  std::function<void(SctSpec&)> adjust_sct = {};           // of the one SCT
  std::function<void(CertificateSpec&)> certificate = {};  // anything else, before it is signed
  const Authority* issuer = nullptr;                       // default: the intermediate
};

// An e-mail identity, as people and service accounts have it.
LeafSpec EmailLeaf(std::string email, std::string issuer = "https://accounts.harbour.example");
// A username identity: OtherName "name!domain".
LeafSpec UsernameLeaf(std::string name, std::string issuer = "https://accounts.harbour.example");

struct Leaf {
  CertificateSpec spec = {};
  TestKey key;
  Bytes der = {};
  std::string Pem() const;
};

struct SignedBundle {
  enum class Certificates { kSingle, kChain, kKeyHint };
  std::string media_type = {};
  Certificates form = Certificates::kSingle;
  std::vector<Bytes> certificates = {};  // leaf first
  std::string key_hint = {};
  std::string key_pem = {};  // of a key-based one
  std::vector<LoggedEntry> entries = {};
  std::vector<Bytes> timestamps = {};  // DER TimeStampResp
  // A message signature when payload_type is empty, else a DSSE envelope.
  std::string payload_type = {};
  std::string payload = {};
  std::string digest_algorithm = "SHA2_256";
  Bytes digest = {};
  std::vector<Bytes> signatures = {};
  std::string extra_members = {};  // raw JSON members after the others, ",\"x\":1"

  std::string Json() const;
};

struct ClassicSignature {
  std::string payload = {};
  Bytes signature = {};
  std::string certificate_pem = {};  // empty: key-based
  std::string chain_pem = {};
  std::string key_pem = {};  // of a key-based one
  std::optional<LoggedEntry> entry = {};
  std::optional<Bytes> timestamp = {};

  // As the layer of a .sig manifest carries them.
  std::map<std::string, std::string> Annotations() const;
};

struct BundleSpec {
  enum class Version { k01, k02, k03, k03Legacy };  // k03Legacy: "...bundle+json;version=0.3"
  Version version = Version::k03;
  LeafSpec leaf = {};
  std::optional<TestKey> key = {};  // key-based instead
  std::optional<crypto::SignatureAlgorithm> algorithm = {};
  bool rekor1 = true;
  bool rekor2 = false;
  bool timestamp = false;          // always needed with Rekor v2 alone
  std::string dsse_kind = "dsse";  // or "intoto/0.0.1", "intoto/0.0.2": the v1 entry of an envelope
  bool dsse2 = false;              // the v2 entry of an envelope as dsse/0.0.2
  EntrySpec entry = {};
  EntrySpec entry2 = {};
  std::function<void(TimestampSpec&)> adjust_timestamp = {};
  // Signs these bytes in place of the message or the PAE.
  std::optional<std::string> sign_instead = {};
};

struct ClassicSpec {
  LeafSpec leaf = {};
  std::optional<TestKey> key = {};
  std::optional<crypto::SignatureAlgorithm> algorithm = {};
  std::map<std::string, std::string> annotations = {};  // the payload's `optional`
  std::optional<std::string> payload = {};              // anything instead
  std::string entry_kind = "hashedrekord";              // or "rekord"
  bool rekor = true;
  bool timestamp = false;
  EntrySpec entry = {};
  std::function<void(TimestampSpec&)> adjust_timestamp = {};
};

struct TrustWindow {
  std::string start = "2025-01-01T00:00:00Z";  // empty: absent
  std::string end = {};                        // empty: absent; "null": JSON null
};
struct TrustedKey {
  std::string url = {};
  std::string key_details = {};
  Bytes key = {};
  Bytes log_id = {};
  TrustWindow window = {};
};
struct TrustedChain {
  std::string organization = {};
  std::string common_name = {};
  std::string url = {};
  std::vector<Bytes> certificates = {};  // leaf or intermediate first, root last
  TrustWindow window = {};
};
// A TrustedRoot; every part may be changed before it is written.
struct TrustDocument {
  std::string media_type = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
  std::vector<TrustedKey> logs = {};
  std::vector<TrustedKey> ct_logs = {};
  std::vector<TrustedChain> authorities = {};
  std::vector<TrustedChain> timestamp_authorities = {};
  std::string Json() const;
};

class VirtualSigstore {
 public:
  explicit VirtualSigstore(SigstoreOptions options = {});
  VirtualSigstore(const VirtualSigstore&) = delete;  // authorities are referred to by address
  VirtualSigstore& operator=(const VirtualSigstore&) = delete;

  const SigstoreOptions& options() const { return options_; }
  const Authority& root() const { return root_; }
  const Authority& intermediate() const { return intermediate_; }
  const Authority& tsa_root() const { return tsa_root_; }
  const Authority& tsa() const { return tsa_; }
  const TestKey& ct_key() const { return ct_key_; }
  TransparencyLog& rekor() { return rekor_; }
  TransparencyLog& rekor2() { return rekor2_; }
  const TransparencyLog& rekor() const { return rekor_; }
  const TransparencyLog& rekor2() const { return rekor2_; }

  TrustDocument Trust() const;

  Leaf IssueLeaf(const LeafSpec& spec = {}) const;
  // Over the raw signature bytes, by the TSA, at the signing time; the chain is not embedded unless asked.
  Bytes Timestamp(ByteView data, const std::function<void(TimestampSpec&)>& adjust = {}) const;
  TimestampSigner TsaSigner() const;

  // A bundle over an artifact.
  SignedBundle SignMessage(std::string_view artifact, const BundleSpec& spec = {});
  // A bundle with a DSSE envelope.
  SignedBundle SignEnvelope(std::string_view payload, std::string_view payload_type,
                            const BundleSpec& spec = {});
  // The same with an in-toto statement.
  SignedBundle SignStatement(std::string_view statement, const BundleSpec& spec = {});
  // cosign's classic signature of an image.
  ClassicSignature SignImage(std::string_view docker_reference, std::string_view manifest_digest,
                             const ClassicSpec& spec = {});
  // cosign's classic attestation: the envelope is the layer, its signature annotation is empty.
  ClassicSignature AttestImage(std::string_view statement, const ClassicSpec& spec = {});

 private:
  struct Material;
  LoggedEntry LogV1(const std::string& kind, const Material& material, const EntrySpec& spec);
  LoggedEntry LogV2(const Material& material, const EntrySpec& spec);
  LoggedEntry LogV2Envelope(const Material& material, const EntrySpec& spec);
  SignedBundle MakeBundle(const BundleSpec& spec, std::string_view signed_bytes, Material material);
  TestKey KeyOf(const char* part, KeyType type) const;
  TestKey LogKey(const char* part, KeyType type,
                 const std::optional<crypto::SignatureAlgorithm>& algorithm) const;
  Authority MakeAuthority(const CertificateSpec& spec, const TestKey& key,
                          const Authority* issuer) const;
  Authority MakeRoot(const char* part) const;
  Authority MakeIntermediate() const;
  Authority MakeTsa() const;

  SigstoreOptions options_;
  Authority root_;
  Authority intermediate_;
  Authority tsa_root_;
  Authority tsa_;
  TestKey ct_key_;
  TransparencyLog rekor_;
  TransparencyLog rekor2_;
};

// --- What is signed.

std::string SimpleSigningText(std::string_view docker_reference, std::string_view manifest_digest,
                              const std::map<std::string, std::string>& optional = {});

// The statement of cosign's bundle signatures (cosign/sign/v1): the three shapes that its versions wrote, tight or
// with a space after each comma.
enum class StatementShape { kBare, kAnnotations, kAnnotationsAndPredicate };
std::string CosignStatement(std::string_view sha256_hex,
                            StatementShape shape = StatementShape::kAnnotationsAndPredicate,
                            bool spaced = false);
// SLSA provenance: version "v0.2" or "v1"; an empty builder leaves it out.
std::string ProvenanceStatement(std::string_view sha256_hex, std::string_view version = "v1",
                                std::string_view builder = "https://github.com/harbour/builder@v1",
                                std::string_view name = "crane");
std::string PredicateStatement(std::string_view sha256_hex, std::string_view predicate_type,
                               std::string_view predicate_json = "{}");
// DSSE's pre-authentication encoding.
std::string PreAuthentication(std::string_view payload_type, std::string_view payload);
// The envelope's JSON, with one signature.
std::string EnvelopeJson(std::string_view payload, std::string_view payload_type,
                         ByteView signature);

// --- How registries hold it.

struct ImageBlob {
  std::string media_type = {};
  std::string bytes = {};
};
// A manifest with the blobs that it names, for a registry to serve.
struct SignatureImage {
  std::string manifest = {};
  std::vector<ImageBlob> blobs = {};
};
// The manifest under a .sig (or .att) tag: one layer a signature.
SignatureImage ClassicImage(const std::vector<ClassicSignature>& signatures,
                            bool attestations = false);
// The manifest of a bundle as a referrer of an image.
SignatureImage BundleImage(const SignedBundle& bundle, std::string_view subject_digest,
                           std::size_t subject_size,
                           std::string_view predicate_type = "https://sigstore.dev/cosign/sign/v1");

}  // namespace plimsoll::test
