#include "support/virtual_sigstore/virtual_sigstore.h"

#include "base/encoding.h"
#include "json/writer.h"
#include "support/virtual_sigstore/der_writer.h"

namespace plimsoll::test {
namespace {

using crypto::SignatureAlgorithm;

constexpr std::string_view kFulcioArc = "1.3.6.1.4.1.57264.1.";
constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3";
constexpr std::string_view kTimeStamping = "1.3.6.1.5.5.7.3.8";
constexpr std::string_view kInToto = "application/vnd.in-toto+json";

std::string OrganizationOf(const SigstoreOptions& options) { return options.seed + ".example"; }

std::map<int, std::string> FulcioValues(const LeafSpec& spec) {
  std::map<int, std::string> values = spec.fulcio;
  if (spec.without_workflow) return values;
  const Workflow& w = spec.workflow;
  const std::string repository =
      w.repository.substr(std::min(w.repository.size(), std::string("https://github.com/").size()));
  const std::string signer = w.repository + "/" + w.workflow + "@" + w.ref;
  values.merge(std::map<int, std::string>{
      {1, w.issuer},
      {2, w.trigger},
      {3, w.commit},
      {4, "release"},
      {5, repository},
      {6, w.ref},
      {8, w.issuer},
      {9, signer},
      {10, w.commit},
      {11, "github-hosted"},
      {12, w.repository},
      {13, w.commit},
      {14, w.ref},
      {15, w.repository_id},
      {16, w.repository.substr(0, w.repository.rfind('/'))},
      {17, w.owner_id},
      {18, signer},
      {19, w.commit},
      {20, w.trigger},
      {21, w.repository + "/actions/runs/" + w.run},
      {22, "public"},
  });
  return values;
}

LeafSpec PersonLeaf(GeneralName name, std::string issuer) {
  LeafSpec spec;
  spec.name = std::move(name);
  spec.without_workflow = true;
  spec.fulcio = {{1, issuer}, {8, issuer}};
  return spec;
}

std::size_t HashIndex(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha384:
    case SignatureAlgorithm::kRsaPkcs1Sha384:
    case SignatureAlgorithm::kRsaPssSha384:
      return 1;
    case SignatureAlgorithm::kEcdsaSha512:
    case SignatureAlgorithm::kRsaPkcs1Sha512:
    case SignatureAlgorithm::kRsaPssSha512:
      return 2;
    default:
      return 0;
  }
}

Bytes HashFor(SignatureAlgorithm algorithm, std::string_view bytes) {
  switch (HashIndex(algorithm)) {
    case 1:
      return Sha384(AsBytes(bytes));
    case 2:
      return Sha512(AsBytes(bytes));
    default:
      return ToBytes(Sha256(AsBytes(bytes)));
  }
}

std::string KeyDetails(const TestKey& key, SignatureAlgorithm algorithm) {
  switch (key.type()) {
    case KeyType::kP256:
      return "PKIX_ECDSA_P256_SHA_256";
    case KeyType::kP384:
      return HashIndex(algorithm) == 0 ? "PKIX_ECDSA_P384_SHA_256" : "PKIX_ECDSA_P384_SHA_384";
    case KeyType::kP521:
      return HashIndex(algorithm) == 0 ? "PKIX_ECDSA_P521_SHA_256" : "PKIX_ECDSA_P521_SHA_512";
    case KeyType::kEd25519:
      return "PKIX_ED25519";
    default:
      break;
  }
  const bool pss = algorithm == SignatureAlgorithm::kRsaPssSha256;
  if (key.type() == KeyType::kRsa8192) return pss ? "PKIX_RSA_PSS" : "PKIX_RSA_PKCS1V5";
  const std::string bits = key.type() == KeyType::kRsa2048   ? "2048"
                           : key.type() == KeyType::kRsa3072 ? "3072"
                                                             : "4096";
  return (pss ? "PKIX_RSA_PSS_" : "PKIX_RSA_PKCS1V15_") + bits + "_SHA256";
}

}  // namespace

// What a log entry is about.
struct VirtualSigstore::Material {
  Bytes signature;
  SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaSha256;
  std::string key_details;
  Bytes verifier_der;  // certificate or SPKI
  bool is_certificate = true;
  std::string verifier_pem;
  Bytes digest;  // of what was signed
  std::string payload;
  std::string payload_type;  // empty: no envelope
  std::string envelope;
};

std::string Authority::Pem() const { return PemOf("CERTIFICATE", der); }
std::string Leaf::Pem() const { return PemOf("CERTIFICATE", der); }

LeafSpec EmailLeaf(std::string email, std::string issuer) {
  return PersonLeaf({GeneralName::Kind::kEmail, std::move(email)}, std::move(issuer));
}
LeafSpec UsernameLeaf(std::string name, std::string issuer) {
  return PersonLeaf({GeneralName::Kind::kOtherName, std::move(name)}, std::move(issuer));
}

VirtualSigstore::VirtualSigstore(SigstoreOptions options)
    : options_(std::move(options)),
      root_(MakeRoot("root")),
      intermediate_(MakeIntermediate()),
      tsa_root_(MakeRoot("tsa root")),
      tsa_(MakeTsa()),
      ct_key_(KeyOf("ct log", options_.ct_key)),
      rekor_(TransparencyLog::Generation::kRekorV1, options_.rekor_host, options_.tree_id,
             LogKey("rekor", options_.rekor_key, options_.rekor_algorithm), options_.first_index),
      rekor2_(TransparencyLog::Generation::kRekorV2, options_.rekor2_host, "",
              LogKey("rekor2", options_.rekor2_key, options_.rekor2_algorithm), 0) {
  for (int i = 0; i < 5; ++i) {
    const std::string entry = "earlier entry " + std::to_string(i);
    rekor_.tree().Append(AsBytes(entry));
    rekor2_.tree().Append(AsBytes(entry));
  }
}

TestKey VirtualSigstore::KeyOf(const char* part, KeyType type) const {
  return TestKey(type, options_.seed + "/" + part);
}

TestKey VirtualSigstore::LogKey(const char* part, KeyType type,
                                const std::optional<SignatureAlgorithm>& algorithm) const {
  TestKey key = KeyOf(part, type);
  return algorithm ? key.Using(*algorithm) : key;
}

Authority VirtualSigstore::MakeAuthority(const CertificateSpec& spec, const TestKey& key,
                                         const Authority* issuer) const {
  const Bytes name = spec.subject_der ? *spec.subject_der : spec.subject.Der();
  const Signer signer = issuer != nullptr ? issuer->AsSigner() : Signer{name, &key};
  return {spec, key, WriteCertificate(spec, key.spki(), signer), name};
}

Authority VirtualSigstore::MakeRoot(const char* part) const {
  CertificateSpec spec;
  spec.subject = {OrganizationOf(options_), options_.seed + " " + part};
  spec.serial = SeededBytes(options_.seed + part, 16);
  spec.serial[0] &= 0x7f;
  spec.not_before = options_.now - std::chrono::hours(24 * 365);
  spec.not_after = options_.now + std::chrono::hours(24 * 3650);
  spec.is_ca = true;
  spec.key_usage = kUsageKeyCertSign | kUsageCrlSign;
  if (options_.root) options_.root(spec);
  return MakeAuthority(spec, KeyOf(part, options_.root_key), nullptr);
}

Authority VirtualSigstore::MakeIntermediate() const {
  CertificateSpec spec;
  spec.subject = {OrganizationOf(options_), options_.seed + " intermediate"};
  spec.serial = {0x21};
  spec.not_before = options_.now - std::chrono::hours(24 * 300);
  spec.not_after = options_.now + std::chrono::hours(24 * 3000);
  spec.is_ca = true;
  spec.path_length = 0;
  spec.key_usage = kUsageKeyCertSign | kUsageCrlSign;
  spec.extended_key_usage = {std::string(kCodeSigning)};
  spec.extensions = options_.intermediate_extensions;
  if (options_.intermediate) options_.intermediate(spec);
  return MakeAuthority(spec, KeyOf("intermediate", options_.intermediate_key), &root_);
}

Authority VirtualSigstore::MakeTsa() const {
  CertificateSpec spec;
  spec.subject = {OrganizationOf(options_), options_.seed + " tsa"};
  spec.serial = {0x31};
  spec.not_before = options_.now - std::chrono::hours(24 * 300);
  spec.not_after = options_.now + std::chrono::hours(24 * 3000);
  spec.extended_key_usage = {std::string(kTimeStamping)};
  spec.extended_key_usage_critical = true;
  if (options_.tsa) options_.tsa(spec);
  return MakeAuthority(spec, KeyOf("tsa", options_.tsa_key), &tsa_root_);
}

Leaf VirtualSigstore::IssueLeaf(const LeafSpec& spec) const {
  const std::map<int, std::string> fulcio = FulcioValues(spec);
  CertificateSpec certificate;
  certificate.serial = SeededBytes(options_.seed + spec.key_seed, 16);
  certificate.serial[0] &= 0x7f;
  certificate.not_before = spec.not_before.value_or(options_.now - std::chrono::minutes(1));
  certificate.not_after = certificate.not_before + spec.lifetime;
  certificate.basic_constraints = false;
  certificate.extended_key_usage = {std::string(kCodeSigning)};
  certificate.names = {spec.name};
  if (spec.name.value.empty()) {
    const Workflow& w = spec.workflow;
    certificate.names = {{GeneralName::Kind::kUri, w.repository + "/" + w.workflow + "@" + w.ref}};
  }
  for (const auto& [number, text] : fulcio) {
    constexpr int kFirstDer = 7;
    certificate.extensions.push_back({std::string(kFulcioArc) + std::to_string(number), false,
                                      number < kFirstDer ? ToBytes(text) : der::Utf8String(text)});
  }
  if (spec.sct) {
    SctSpec sct;
    sct.log = &ct_key_;
    sct.time = certificate.not_before;
    if (spec.adjust_sct) spec.adjust_sct(sct);
    certificate.scts.push_back(std::move(sct));
  }
  if (spec.certificate) spec.certificate(certificate);
  TestKey key = spec.own_key ? *spec.own_key : KeyOf(spec.key_seed.c_str(), spec.key);
  const Authority& issuer = spec.issuer != nullptr ? *spec.issuer : intermediate_;
  Bytes der = WriteCertificate(certificate, key.spki(), issuer.AsSigner());
  return {std::move(certificate), std::move(key), std::move(der)};
}

TimestampSigner VirtualSigstore::TsaSigner() const {
  return {&tsa_.key, tsa_.der, IssuerAndSerial(tsa_.spec, tsa_root_.name)};
}

Bytes VirtualSigstore::Timestamp(ByteView data,
                                 const std::function<void(TimestampSpec&)>& adjust) const {
  TimestampSpec spec;
  spec.time = options_.now;
  if (adjust) adjust(spec);
  return WriteTimestamp(spec, data, TsaSigner());
}

namespace {

void WriteHash(json::Writer& w, std::string_view algorithm, std::string_view value) {
  w.BeginObject();
  w.Member("algorithm", algorithm);
  w.Member("value", value);
  w.EndObject();
}

constexpr std::string_view kGoHash[] = {"sha256", "sha384", "sha512"};
constexpr std::string_view kProtoHash[] = {"SHA2_256", "SHA2_384", "SHA2_512"};

// {"apiVersion":…,"kind":…,"spec":{ and what `spec` writes }}
template <class Spec>
std::string EntryBody(std::string_view version, std::string_view kind, Spec spec) {
  json::Writer w;
  w.BeginObject();
  w.Member("apiVersion", version);
  w.Member("kind", kind);
  w.Key("spec");
  w.BeginObject();
  spec(w);
  w.EndObject();
  w.EndObject();
  return std::move(w).Take();
}

}  // namespace

LoggedEntry VirtualSigstore::LogV1(const std::string& kind, const Material& m,
                                   const EntrySpec& spec) {
  const std::string pem = Base64Encode(AsBytes(m.verifier_pem));
  const std::string signature = Base64Encode(m.signature);
  const std::string payload_hash = Sha256Hex(AsBytes(m.payload));
  const std::string envelope_hash = Sha256Hex(AsBytes(m.envelope));
  std::string body;
  std::string version = "0.0.1";
  std::string name = kind;
  if (kind == "dsse") {
    body = EntryBody(version, name, [&](json::Writer& w) {
      w.Key("envelopeHash");
      WriteHash(w, "sha256", envelope_hash);
      w.Key("payloadHash");
      WriteHash(w, "sha256", payload_hash);
      w.Key("signatures");
      w.BeginArray();
      w.BeginObject();
      w.Member("signature", signature);
      w.Member("verifier", pem);
      w.EndObject();
      w.EndArray();
    });
  } else if (kind == "intoto/0.0.1") {
    name = "intoto";
    body = EntryBody(version, name, [&](json::Writer& w) {
      w.Key("content");
      w.BeginObject();
      w.Key("hash");
      WriteHash(w, "sha256", envelope_hash);
      w.Key("payloadHash");
      WriteHash(w, "sha256", payload_hash);
      w.EndObject();
      w.Member("publicKey", pem);
    });
  } else if (kind == "intoto/0.0.2") {
    name = "intoto";
    version = "0.0.2";
    body = EntryBody(version, name, [&](json::Writer& w) {
      w.Key("content");
      w.BeginObject();
      w.Key("envelope");
      w.BeginObject();
      w.Member("payloadType", m.payload_type);
      w.Key("signatures");
      w.BeginArray();
      w.BeginObject();
      w.Member("publicKey", pem);
      w.Member("sig", Base64Encode(AsBytes(signature)));
      w.EndObject();
      w.EndArray();
      w.EndObject();
      w.Key("hash");
      WriteHash(w, "sha256", envelope_hash);
      w.Key("payloadHash");
      WriteHash(w, "sha256", payload_hash);
      w.EndObject();
    });
  } else {
    body = EntryBody(version, name, [&](json::Writer& w) {
      w.Key("data");
      w.BeginObject();
      w.Key("hash");
      WriteHash(w, kGoHash[HashIndex(m.algorithm)], HexEncode(m.digest));
      w.EndObject();
      w.Key("signature");
      w.BeginObject();
      w.Member("content", signature);
      if (kind == "rekord") w.Member("format", "x509");
      w.Key("publicKey");
      w.BeginObject();
      w.Member("content", pem);
      w.EndObject();
      w.EndObject();
    });
  }
  return rekor_.Log(name, version, body, options_.now, spec);
}

namespace {

// {content, verifier: {keyDetails, x509Certificate | publicKey}}
template <class Material>
void WriteV2Signature(json::Writer& w, const Material& m) {
  w.BeginObject();
  w.Member("content", Base64Encode(m.signature));
  w.Key("verifier");
  w.BeginObject();
  w.Member("keyDetails", m.key_details);
  w.Key(m.is_certificate ? "x509Certificate" : "publicKey");
  w.BeginObject();
  w.Member("rawBytes", Base64Encode(m.verifier_der));
  w.EndObject();
  w.EndObject();
  w.EndObject();
}

void WriteProtoHash(json::Writer& w, std::string_view algorithm, ByteView digest) {
  w.BeginObject();
  w.Member("algorithm", algorithm);
  w.Member("digest", Base64Encode(digest));
  w.EndObject();
}

}  // namespace

LoggedEntry VirtualSigstore::LogV2(const Material& m, const EntrySpec& spec) {
  const std::string body = EntryBody("0.0.2", "hashedrekord", [&](json::Writer& w) {
    w.Key("hashedRekordV002");
    w.BeginObject();
    w.Key("data");
    WriteProtoHash(w, kProtoHash[HashIndex(m.algorithm)], m.digest);
    w.Key("signature");
    WriteV2Signature(w, m);
    w.EndObject();
  });
  return rekor2_.Log("hashedrekord", "0.0.2", body, options_.now, spec);
}

LoggedEntry VirtualSigstore::LogV2Envelope(const Material& m, const EntrySpec& spec) {
  const std::string body = EntryBody("0.0.2", "dsse", [&](json::Writer& w) {
    w.Key("dsseV002");
    w.BeginObject();
    w.Key("payloadHash");
    WriteProtoHash(w, kProtoHash[0], Sha256(AsBytes(m.payload)));
    w.Key("signatures");
    w.BeginArray();
    WriteV2Signature(w, m);
    w.EndArray();
    w.EndObject();
  });
  return rekor2_.Log("dsse", "0.0.2", body, options_.now, spec);
}

namespace {

std::string_view MediaType(BundleSpec::Version version) {
  switch (version) {
    case BundleSpec::Version::k01:
      return "application/vnd.dev.sigstore.bundle+json;version=0.1";
    case BundleSpec::Version::k02:
      return "application/vnd.dev.sigstore.bundle+json;version=0.2";
    case BundleSpec::Version::k03Legacy:
      return "application/vnd.dev.sigstore.bundle+json;version=0.3";
    case BundleSpec::Version::k03:
      break;
  }
  return "application/vnd.dev.sigstore.bundle.v0.3+json";
}

}  // namespace

SignedBundle VirtualSigstore::MakeBundle(const BundleSpec& spec, std::string_view signed_bytes,
                                         Material m) {
  SignedBundle bundle;
  bundle.media_type = MediaType(spec.version);
  const std::string to_sign(spec.sign_instead ? std::string_view(*spec.sign_instead)
                                              : signed_bytes);
  const bool chain =
      spec.version == BundleSpec::Version::k01 || spec.version == BundleSpec::Version::k02;
  std::optional<Leaf> leaf;
  if (!spec.key) leaf = IssueLeaf(spec.leaf);
  const TestKey& key = spec.key ? *spec.key : leaf->key;
  m.algorithm = spec.algorithm.value_or(key.DefaultAlgorithm());
  m.key_details = KeyDetails(key, m.algorithm);
  m.signature = key.Sign(m.algorithm, AsBytes(to_sign));
  m.digest = HashFor(m.algorithm, signed_bytes);
  m.is_certificate = leaf.has_value();
  m.verifier_der = leaf ? leaf->der : key.spki();
  m.verifier_pem = leaf ? leaf->Pem() : key.Pem();
  if (leaf) {
    bundle.form = chain ? SignedBundle::Certificates::kChain : SignedBundle::Certificates::kSingle;
    bundle.certificates = {leaf->der};
    if (chain) bundle.certificates.push_back(intermediate_.der);
  } else {
    bundle.form = SignedBundle::Certificates::kKeyHint;
    bundle.key_hint = Base64Encode(key.spki_sha256());
    bundle.key_pem = key.Pem();
  }
  bundle.payload = m.payload;
  bundle.payload_type = m.payload_type;
  bundle.digest = m.digest;
  bundle.digest_algorithm = kProtoHash[HashIndex(m.algorithm)];
  bundle.signatures = {m.signature};
  if (!m.payload_type.empty()) m.envelope = EnvelopeJson(m.payload, m.payload_type, m.signature);
  if (spec.rekor1) {
    bundle.entries.push_back(
        LogV1(m.payload_type.empty() ? "hashedrekord" : spec.dsse_kind, m, spec.entry));
  }
  if (spec.rekor2) {
    bundle.entries.push_back(spec.dsse2 ? LogV2Envelope(m, spec.entry2) : LogV2(m, spec.entry2));
  }
  if (spec.timestamp || (spec.rekor2 && !spec.rekor1)) {
    bundle.timestamps.push_back(Timestamp(m.signature, spec.adjust_timestamp));
  }
  return bundle;
}

SignedBundle VirtualSigstore::SignMessage(std::string_view artifact, const BundleSpec& spec) {
  return MakeBundle(spec, artifact, {});
}

SignedBundle VirtualSigstore::SignEnvelope(std::string_view payload, std::string_view payload_type,
                                           const BundleSpec& spec) {
  Material material;
  material.payload = payload;
  material.payload_type = payload_type;
  return MakeBundle(spec, PreAuthentication(payload_type, payload), std::move(material));
}

SignedBundle VirtualSigstore::SignStatement(std::string_view statement, const BundleSpec& spec) {
  return SignEnvelope(statement, kInToto, spec);
}

ClassicSignature VirtualSigstore::SignImage(std::string_view docker_reference,
                                            std::string_view manifest_digest,
                                            const ClassicSpec& spec) {
  ClassicSignature result;
  result.payload =
      spec.payload.value_or(SimpleSigningText(docker_reference, manifest_digest, spec.annotations));
  std::optional<Leaf> leaf;
  if (!spec.key) leaf = IssueLeaf(spec.leaf);
  const TestKey& key = spec.key ? *spec.key : leaf->key;
  Material m;
  m.algorithm = spec.algorithm.value_or(key.DefaultAlgorithm());
  m.signature = key.Sign(m.algorithm, AsBytes(result.payload));
  m.digest = HashFor(m.algorithm, result.payload);
  m.verifier_pem = leaf ? leaf->Pem() : key.Pem();
  result.signature = m.signature;
  if (leaf) {
    result.certificate_pem = leaf->Pem();
    result.chain_pem = intermediate_.Pem() + root_.Pem();
  } else {
    result.key_pem = key.Pem();
  }
  if (spec.rekor) result.entry = LogV1(spec.entry_kind, m, spec.entry);
  if (spec.timestamp) result.timestamp = Timestamp(m.signature, spec.adjust_timestamp);
  return result;
}

ClassicSignature VirtualSigstore::AttestImage(std::string_view statement, const ClassicSpec& spec) {
  std::optional<Leaf> leaf;
  if (!spec.key) leaf = IssueLeaf(spec.leaf);
  const TestKey& key = spec.key ? *spec.key : leaf->key;
  Material m;
  m.algorithm = spec.algorithm.value_or(key.DefaultAlgorithm());
  m.payload = statement;
  m.payload_type = kInToto;
  m.signature = key.Sign(m.algorithm, AsBytes(PreAuthentication(kInToto, statement)));
  m.verifier_pem = leaf ? leaf->Pem() : key.Pem();
  m.envelope = EnvelopeJson(statement, kInToto, m.signature);
  ClassicSignature result;
  result.payload = m.envelope;
  if (leaf) {
    result.certificate_pem = leaf->Pem();
    result.chain_pem = intermediate_.Pem() + root_.Pem();
  } else {
    result.key_pem = key.Pem();
  }
  const std::string kind = spec.entry_kind == "hashedrekord" ? "dsse" : spec.entry_kind;
  if (spec.rekor) result.entry = LogV1(kind, m, spec.entry);
  if (spec.timestamp) {
    result.timestamp = Timestamp(AsBytes(result.payload), spec.adjust_timestamp);
  }
  return result;
}

TrustDocument VirtualSigstore::Trust() const {
  const std::string organization = OrganizationOf(options_);
  const auto key = [](const std::string& url, const TestKey& k, Bytes id) {
    return TrustedKey{url, KeyDetails(k, k.DefaultAlgorithm()), k.spki(), std::move(id), {}};
  };
  TrustDocument document;
  document.logs = {key("https://" + options_.rekor_host, rekor_.key(), rekor_.LogId()),
                   key("https://" + options_.rekor2_host, rekor2_.key(), rekor2_.LogId())};
  document.ct_logs = {key("https://ct.harbour.example", ct_key_, ToBytes(ct_key_.spki_sha256()))};
  document.authorities = {{organization,
                           root_.spec.subject.common_name,
                           "https://fulcio.harbour.example",
                           {intermediate_.der, root_.der},
                           {}}};
  document.timestamp_authorities = {{organization,
                                     tsa_root_.spec.subject.common_name,
                                     "https://tsa.harbour.example",
                                     {tsa_.der, tsa_root_.der},
                                     {}}};
  return document;
}

}  // namespace plimsoll::test
