// What the virtual Sigstore signs for both verifiers.
#include <functional>

#include "base/digest.h"
#include "base/encoding.h"
#include "judged_bundle.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::differential {
namespace {

using test::BundleSpec;
using test::KeyType;
using test::SignedBundle;
using test::TrustDocument;

constexpr const char* kArtifact = "the bytes of an artifact";
constexpr const char* kImage = "an image manifest";

std::string HexOf(std::string_view text) { return Sha256Hex(AsBytes(text)); }

BundleSpec V2() {
  BundleSpec spec;
  spec.rekor1 = false;
  spec.rekor2 = true;
  spec.timestamp = true;
  return spec;
}

class Maker {
 public:
  // A message signature, changed after it was made.
  void Message(const std::string& name, const BundleSpec& spec = {},
               const std::function<void(SignedBundle&)>& change = {}) {
    SignedBundle bundle = sigstore_.SignMessage(kArtifact, spec);
    if (change) change(bundle);
    Add(name, bundle.Json(), sigstore_.Trust(), kArtifact, spec);
  }
  // An envelope about the image.
  void Statement(const std::string& name, const BundleSpec& spec = {},
                 const std::function<void(SignedBundle&)>& change = {}) {
    SignedBundle bundle = sigstore_.SignStatement(test::CosignStatement(HexOf(kImage)), spec);
    if (change) change(bundle);
    Add(name, bundle.Json(), sigstore_.Trust(), kImage, spec);
  }
  // A good message signature under a changed trust root.
  void Trust(const std::string& name, const BundleSpec& spec,
             const std::function<void(TrustDocument&)>& change) {
    TrustDocument trust = sigstore_.Trust();
    change(trust);
    Add(name, sigstore_.SignMessage(kArtifact, spec).Json(), trust, kArtifact, spec);
  }
  // A good message signature with its text changed.
  void Text(const std::string& name, const std::string& from, const std::string& to,
            const BundleSpec& spec = {}) {
    std::string json = sigstore_.SignMessage(kArtifact, spec).Json();
    if (const auto at = json.find(from); at != std::string::npos) json.replace(at, from.size(), to);
    Add(name, json, sigstore_.Trust(), kArtifact, spec);
  }

  void Add(const std::string& name, std::string json, const TrustDocument& trust,
           const std::string& artifact, const BundleSpec& spec) {
    JudgedBundle b;
    b.name = "made/" + name;
    b.bundle = std::move(json);
    b.trusted_root = trust.Json();
    b.artifact = artifact;
    if (spec.key) b.key_pem = spec.key->Pem();
    bundles_.push_back(std::move(b));
  }
  JudgedBundle& last() { return bundles_.back(); }

  test::VirtualSigstore& sigstore() { return sigstore_; }
  std::vector<JudgedBundle> Take() { return std::move(bundles_); }

 private:
  test::VirtualSigstore sigstore_;
  std::vector<JudgedBundle> bundles_;
};

// --- Good ones.

void AddForms(Maker& m) {
  using V = BundleSpec::Version;
  for (const auto& [name, version] :
       {std::pair("v0.1", V::k01), std::pair("v0.2", V::k02), std::pair("v0.3", V::k03),
        std::pair("v0.3 legacy", V::k03Legacy)}) {
    BundleSpec spec;
    spec.version = version;
    m.Message(std::string("message ") + name, spec);
    m.Statement(std::string("statement ") + name, spec);
  }
  for (const char* kind : {"intoto/0.0.1", "intoto/0.0.2"}) {
    BundleSpec spec;
    spec.dsse_kind = kind;
    m.Statement(std::string("statement logged as ") + kind, spec);
  }
  m.Message("message in Rekor v2", V2());
  m.Statement("statement in Rekor v2", V2());
  BundleSpec dsse2 = V2();
  dsse2.dsse2 = true;
  m.Statement("statement in Rekor v2 as dsse/0.0.2", dsse2);
  BundleSpec both;
  both.rekor2 = true;
  m.Message("message in both logs", both);
  BundleSpec stamped;
  stamped.timestamp = true;
  m.Message("message with a timestamp beside the log", stamped);
  BundleSpec promise_only;
  promise_only.version = V::k01;
  promise_only.entry.proof = false;
  m.Message("message v0.1 with a promise only", promise_only);
}

void AddSigners(Maker& m) {
  BundleSpec spec;
  spec.leaf = test::EmailLeaf("ada@harbour.example");
  m.Message("signed by an e-mail address", spec);
  spec.leaf = test::UsernameLeaf("ada!harbour.example");
  m.Message("signed by a username", spec);
  for (const auto& [name, type] :
       {std::pair("P-384", KeyType::kP384), std::pair("P-521", KeyType::kP521),
        std::pair("Ed25519", KeyType::kEd25519), std::pair("RSA-2048", KeyType::kRsa2048),
        std::pair("RSA-4096", KeyType::kRsa4096)}) {
    BundleSpec keyless;
    keyless.leaf.key = type;
    m.Message(std::string("keyless with ") + name, keyless);
    BundleSpec keyed;
    keyed.key = test::TestKey(type, "release key");
    m.Message(std::string("key-based with ") + name, keyed);
  }
  BundleSpec old;
  old.leaf.key = KeyType::kP384;
  old.algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  m.Message("keyless with P-384 and SHA-256", old);
  for (const bool v2 : {false, true}) {
    BundleSpec keyed = v2 ? V2() : BundleSpec{};
    keyed.key = test::TestKey(KeyType::kP256, "release key");
    m.Message(v2 ? "key-based in Rekor v2" : "key-based", keyed);
    m.Statement(v2 ? "key-based statement in Rekor v2" : "key-based statement", keyed);
  }
}

void AddIdentities(Maker& m) {
  const std::string identity =
      "https://github.com/harbour/crane/.github/workflows/release.yml@refs/tags/v1.2.3";
  const std::string issuer = "https://token.actions.githubusercontent.com";
  const auto add = [&](const std::string& name, const std::string& who, const std::string& by) {
    m.Message(name);
    m.last().identity = who;
    m.last().issuer = by;
  };
  add("the right identity", identity, issuer);
  add("an identity of one character more", identity + "4", issuer);
  add("an identity in another case", "HTTPS" + identity.substr(5), issuer);
  add("another issuer", identity, issuer + "/");
}

// --- One thing wrong: the signature and what it is about.

void AddWrongContent(Maker& m) {
  m.Message("a signature bit", {}, [](auto& b) { b.signatures[0].back() ^= 1; });
  m.Message("a digest bit", {}, [](auto& b) { b.digest[0] ^= 1; });
  m.Message("another artifact");
  m.last().artifact = "another artifact";
  m.Statement("a statement about another image");
  m.last().artifact = "another image";
  m.Statement("a payload byte", {}, [](auto& b) { b.payload[20] ^= 1; });
  m.Statement("two signatures in an envelope", {},
              [](auto& b) { b.signatures.push_back(b.signatures[0]); });
  BundleSpec spec;
  spec.sign_instead = "other bytes";
  m.Message("a signature over other bytes, as logged", spec);
  m.Statement("an envelope's signature over other bytes, as logged", spec);
  BundleSpec keyed;
  keyed.key = test::TestKey(KeyType::kP256, "release key");
  m.Message("another key than the one that signed", keyed);
  m.last().key_pem = test::TestKey(KeyType::kP256, "another key").Pem();
  m.Message("a certificate where a key must have signed");
  m.last().key_pem = keyed.key->Pem();
  m.Text("an unknown media type", "bundle.v0.3+json", "bundle.v0.4+json");
  m.Text("a member twice", "{\"mediaType\"", "{\"mediaType\":\"x\",\"mediaType\"");
  m.Text("no content", "\"messageSignature\"", "\"messageSignatureX\"");
  m.Text("a negative index", "\"logIndex\":\"", "\"logIndex\":\"-");
  m.Text("an unknown member", "{\"mediaType\"", "{\"future\":1,\"mediaType\"");
  m.Text("a null member", "{\"mediaType\"", "{\"dsseEnvelope\":null,\"mediaType\"");
}

// --- The log.

void AddWrongLogs(Maker& m) {
  m.Message("a promise bit", {}, [](auto& b) { b.entries[0].promise.back() ^= 1; });
  m.Message("an integrated time of one second later", {},
            [](auto& b) { b.entries[0].integrated_time += 1; });
  m.Message("another log index", {}, [](auto& b) { b.entries[0].log_index += 1; });
  m.Message("a log ID bit", {}, [](auto& b) { b.entries[0].log_id[0] ^= 1; });
  m.Message("a body byte", {}, [](auto& b) { b.entries[0].body.insert(1, " "); });
  m.Message("a proof hash bit", {}, [](auto& b) { b.entries[0].hashes[0][5] ^= 1; });
  m.Message("two proof hashes exchanged", {},
            [](auto& b) { std::swap(b.entries[0].hashes[0], b.entries[0].hashes[1]); });
  m.Message("a proof hash missing", {}, [](auto& b) { b.entries[0].hashes.pop_back(); });
  m.Message("another proof index", {}, [](auto& b) { b.entries[0].proof_index += 1; });
  m.Message("another proof size", {}, [](auto& b) { b.entries[0].tree_size += 1; });
  m.Message("a proof root bit", {}, [](auto& b) { b.entries[0].root[0] ^= 1; });
  m.Message("no checkpoint", {}, [](auto& b) { b.entries[0].checkpoint.clear(); });
  m.Message("a kind that the body does not have", {},
            [](auto& b) { b.entries[0].kind = "rekord"; });
  m.Message("a version that the body does not have", {},
            [](auto& b) { b.entries[0].version = "0.0.2"; });
  const auto checkpoint = [&](const std::string& name,
                              const std::function<void(test::CheckpointSpec&)>& change) {
    BundleSpec v1;
    change(v1.entry.checkpoint);
    m.Message(name, v1);
    BundleSpec v2 = V2();
    change(v2.entry2.checkpoint);
    m.Message(name + " in Rekor v2", v2);
  };
  static const test::TestKey stranger(KeyType::kEd25519, "stranger");
  checkpoint("a checkpoint signature bit", [](auto& c) { c.damage_signature = true; });
  checkpoint("a checkpoint without the log's signature", [](auto& c) {
    c.omit_signature = true;
    c.witnesses = {{"witness.example", &stranger}};
  });
  checkpoint("a checkpoint of another size, well signed", [](auto& c) { c.size_delta = 1; });
  checkpoint("a checkpoint of another root, well signed", [](auto& c) { c.damage_root = true; });
  checkpoint("a checkpoint of another origin", [](auto& c) { c.origin = "another.example"; });
  checkpoint("a checkpoint under another name", [](auto& c) { c.signer_name = "another.example"; });
  checkpoint("a checkpoint with witnesses", [](auto& c) {
    c.witnesses = {{"witness.example", &stranger}};
  });
  checkpoint("a checkpoint with a further line",
             [](auto& c) { c.extensions = {"a further line"}; });
  BundleSpec no_promise;
  no_promise.entry.promise = false;
  m.Message("a proof without a promise or timestamp", no_promise);
  no_promise.timestamp = true;
  m.Message("a proof without a promise, with a timestamp", no_promise);
  no_promise.entry.integrated_time = test::kSigningTime + std::chrono::hours(1);
  m.Message("an unproven integrated time outside the certificate", no_promise);
  BundleSpec unlogged;
  unlogged.rekor1 = false;
  unlogged.timestamp = true;
  m.Message("no log entry", unlogged);
  BundleSpec other;
  other.leaf.key_seed = "another run";
  const auto strange = m.sigstore().SignMessage(kArtifact, other).entries[0];
  m.Message("the entry of another signature", {}, [&](auto& b) { b.entries[0] = strange; });
  m.Message("the entry of another signature beside", {},
            [&](auto& b) { b.entries.push_back(strange); });
  m.Message("the same entry twice", {}, [](auto& b) { b.entries.push_back(b.entries[0]); });
  test::VirtualSigstore quay({.seed = "quay"});
  const auto unknown = quay.SignMessage(kArtifact).entries[0];
  m.Message("an entry of an unknown log beside", {},
            [&](auto& b) { b.entries.push_back(unknown); });
  const auto adjusted = [&](const std::string& name,
                            const std::function<void(std::string&)>& change) {
    BundleSpec spec;
    spec.entry.adjust_body = change;
    m.Message(name, spec);
  };
  adjusted("an entry of another digest", [](std::string& body) {
    const auto at = body.find("\"value\":\"") + 9;
    body[at] = body[at] == '0' ? '1' : '0';
  });
  adjusted("an entry of a third kind",
           [](std::string& body) { body.replace(body.find("hashedrekord"), 12, "helm"); });
}

// --- Certificate, SCT, timestamps, trust root.

void AddWrongCertificates(Maker& m) {
  const auto leaf = [&](const std::string& name,
                        const std::function<void(test::LeafSpec&)>& change) {
    BundleSpec spec;
    change(spec.leaf);
    m.Message(name, spec);
  };
  leaf("a certificate that began later",
       [](auto& l) { l.not_before = test::kSigningTime + std::chrono::seconds(1); });
  leaf("a certificate that ended before",
       [](auto& l) { l.not_before = test::kSigningTime - std::chrono::seconds(601); });
  leaf("a certificate that ends at the moment",
       [](auto& l) { l.not_before = test::kSigningTime - std::chrono::seconds(600); });
  leaf("no SCT", [](auto& l) { l.sct = false; });
  leaf("an SCT bit", [](auto& l) { l.adjust_sct = [](auto& s) { s.damage_signature = true; }; });
  leaf("an SCT with extensions", [](auto& l) {
    l.adjust_sct = [](auto& s) { s.extensions = {1, 2, 3}; };
  });
  leaf("an SCT of another issuer",
       [](auto& l) { l.adjust_sct = [](auto& s) { s.issuer_spki = Bytes(91, 7); }; });
  const auto certificate = [&](const std::string& name,
                               const std::function<void(test::CertificateSpec&)>& change) {
    leaf(name, [&](auto& l) { l.certificate = change; });
  };
  certificate("no extended key usage", [](auto& c) { c.extended_key_usage = {}; });
  certificate("the usage of a server",
              [](auto& c) { c.extended_key_usage = {"1.3.6.1.5.5.7.3.1"}; });
  certificate("an authority as leaf", [](auto& c) {
    c.basic_constraints = true;
    c.is_ca = true;
  });
  certificate("a leaf whose key may not sign",
              [](auto& c) { c.key_usage = test::kUsageKeyCertSign; });
  certificate("a certificate signature bit", [](auto& c) { c.damage_signature = true; });
  certificate("two identities", [](auto& c) {
    c.names.push_back({test::GeneralName::Kind::kEmail, "ada@harbour.example"});
  });
  certificate("a host name as identity", [](auto& c) {
    c.names = {{test::GeneralName::Kind::kDns, "signer.harbour.example"}};
  });
  certificate("an unknown critical extension", [](auto& c) {
    c.extensions.push_back({"1.2.3.4", true, Bytes{5, 0}});
  });
  m.Message("the certificate of another run", {}, [&](auto& b) {
    test::LeafSpec other;
    other.key_seed = "another run";
    b.certificates = {m.sigstore().IssueLeaf(other).der};
  });
  test::VirtualSigstore quay({.seed = "quay"});
  m.Message("a certificate of an unknown authority", {},
            [&](auto& b) { b.certificates = {quay.IssueLeaf().der}; });
  BundleSpec v1;
  v1.version = BundleSpec::Version::k01;
  m.Message("a root in the chain", v1,
            [&](auto& b) { b.certificates.push_back(m.sigstore().root().der); });
  m.Message("a chain in version 0.3", {},
            [](auto& b) { b.form = SignedBundle::Certificates::kChain; });
}

void AddWrongTimestamps(Maker& m) {
  const auto stamped = [&](const std::string& name,
                           const std::function<void(test::TimestampSpec&)>& change) {
    BundleSpec spec = V2();
    spec.adjust_timestamp = change;
    m.Message(name, spec);
  };
  stamped("a timestamp over other bytes", [](auto& t) { t.imprint = Bytes(32, 7); });
  stamped("a timestamp outside the certificate", [](auto& t) { t.time += std::chrono::hours(1); });
  stamped("a timestamp signature bit", [](auto& t) { t.damage_signature = true; });
  stamped("a timestamp that was not granted", [](auto& t) { t.status = 2; });
  stamped("a timestamp with SHA-1", [](auto& t) { t.imprint_hash = test::ImprintHash::kSha1; });
  m.Message("no timestamp in Rekor v2", V2(), [](auto& b) { b.timestamps.clear(); });
  m.Message("the same timestamp twice", V2(),
            [](auto& b) { b.timestamps.push_back(b.timestamps[0]); });
  m.Message("a bad timestamp beside a good one", V2(),
            [&](auto& b) { b.timestamps.push_back(m.sigstore().Timestamp(AsBytes("other"))); });
  test::VirtualSigstore quay({.seed = "quay"});
  m.Message("a timestamp of an unknown authority", V2(),
            [&](auto& b) { b.timestamps = {quay.Timestamp(b.signatures[0])}; });
  m.Message("a timestamp of an unknown authority beside a good one", V2(),
            [&](auto& b) { b.timestamps.push_back(quay.Timestamp(b.signatures[0])); });
  m.Message("33 timestamps", V2(), [&](auto& b) {
    while (b.timestamps.size() < 33) {
      const auto serial = static_cast<std::uint8_t>(b.timestamps.size());
      b.timestamps.push_back(
          m.sigstore().Timestamp(b.signatures[0], [&](auto& t) { t.serial = {serial}; }));
    }
  });
}

void AddWrongTrust(Maker& m) {
  const auto windows = [&](const std::string& part, const BundleSpec& spec,
                           const std::string& moment,
                           const std::function<test::TrustWindow&(TrustDocument&)>& of) {
    m.Trust(part + " that ends at the moment", spec, [&](auto& t) {
      of(t) = {"2025-01-01T00:00:00Z", moment};
    });
    m.Trust(part + " that starts at the moment", spec, [&](auto& t) { of(t) = {moment, ""}; });
    m.Trust(part + " with a null end", spec, [&](auto& t) { of(t).end = "null"; });
    m.Trust(part + " that ended before", spec,
            [&](auto& t) { of(t).end = "2026-03-01T11:58:59Z"; });
    m.Trust(part + " that started later", spec,
            [&](auto& t) { of(t).start = "2026-03-01T12:00:01Z"; });
  };
  const std::string noon = "2026-03-01T12:00:00Z";
  windows(
      "a log", {}, noon, [](auto& t) -> auto& { return t.logs[0].window; });
  windows(
      "a Rekor v2 log", V2(), noon, [](auto& t) -> auto& { return t.logs[1].window; });
  windows(
      "a CT log", {}, "2026-03-01T11:59:00Z", [](auto& t) -> auto& { return t.ct_logs[0].window; });
  windows(
      "an authority", {}, noon, [](auto& t) -> auto& { return t.authorities[0].window; });
  windows(
      "a timestamp authority", V2(), noon,
      [](auto& t) -> auto& { return t.timestamp_authorities[0].window; });
  m.Trust("no CT log", {}, [](auto& t) { t.ct_logs.clear(); });
  m.Trust("no log", {}, [](auto& t) { t.logs.erase(t.logs.begin()); });
  m.Trust("no authority", {}, [](auto& t) { t.authorities.clear(); });
  m.Trust("no timestamp authority", V2(), [](auto& t) { t.timestamp_authorities.clear(); });
}

}  // namespace

std::vector<JudgedBundle> MadeBundles() {
  Maker m;
  AddForms(m);
  AddSigners(m);
  AddIdentities(m);
  AddWrongContent(m);
  AddWrongLogs(m);
  AddWrongCertificates(m);
  AddWrongTimestamps(m);
  AddWrongTrust(m);
  return m.Take();
}

}  // namespace plimsoll::differential
