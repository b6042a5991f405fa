// Writes the corpora of this room's fuzz targets into a folder: signatures of the virtual Sigstore in every
// form, the same bytes every time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/digest.h"
#include "base/encoding.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace {

using plimsoll::AsBytes;
using namespace plimsoll::test;

class Corpora {
 public:
  explicit Corpora(std::filesystem::path root) : root_(std::move(root)) {}
  void Write(const char* target, const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(root_ / target);
    std::ofstream out(root_ / target / name, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  }

 private:
  std::filesystem::path root_;
};

const std::string kHex = plimsoll::Sha256Hex(AsBytes("an image manifest"));
const std::string kImage = "sha256:" + kHex;

void WriteEntry(const Corpora& corpora, const std::string& name, const LoggedEntry& entry) {
  corpora.Write("entry_body", name, entry.body);
  if (!entry.checkpoint.empty()) corpora.Write("checkpoint", name, entry.checkpoint);
  if (entry.kind.empty() || entry.promise.empty()) return;
  corpora.Write("rest_entry", name, entry.RestJson());
}

void WriteBundle(const Corpora& corpora, const std::string& name, const SignedBundle& bundle) {
  corpora.Write("bundle", name, bundle.Json());
  for (const LoggedEntry& entry : bundle.entries) WriteEntry(corpora, name, entry);
}

void WriteBundles(const Corpora& corpora, VirtualSigstore& sigstore) {
  const std::string statement = CosignStatement(kHex);
  using V = BundleSpec::Version;
  const std::pair<const char*, V> versions[] = {
      {"v01", V::k01}, {"v02", V::k02}, {"v03", V::k03}, {"v03-legacy", V::k03Legacy}};
  for (const auto& [name, version] : versions) {
    BundleSpec spec;
    spec.version = version;
    WriteBundle(corpora, std::string(name) + "-message", sigstore.SignMessage("artifact", spec));
    WriteBundle(corpora, std::string(name) + "-statement", sigstore.SignStatement(statement, spec));
  }
  BundleSpec v2;
  v2.rekor1 = false;
  v2.rekor2 = true;
  v2.timestamp = true;
  WriteBundle(corpora, "rekor2", sigstore.SignStatement(statement, v2));
  for (const char* kind : {"intoto/0.0.1", "intoto/0.0.2"}) {
    BundleSpec spec;
    spec.dsse_kind = kind;
    std::string name = kind;
    name[6] = '-';
    WriteBundle(corpora, name, sigstore.SignStatement(statement, spec));
  }
  BundleSpec key;
  key.key = TestKey(KeyType::kP256, "release key");
  WriteBundle(corpora, "key", sigstore.SignStatement(statement, key));
  BundleSpec bare;
  bare.rekor1 = false;
  WriteBundle(corpora, "unlogged", sigstore.SignStatement(statement, bare));
}

void WriteClassic(const Corpora& corpora, const std::string& name,
                  const ClassicSignature& signature) {
  const auto annotations = signature.Annotations();
  std::string text = signature.payload;
  for (const char* key : {"dev.cosignproject.cosign/signature", "dev.sigstore.cosign/certificate",
                          "dev.sigstore.cosign/chain", "dev.sigstore.cosign/bundle",
                          "dev.sigstore.cosign/rfc3161timestamp"}) {
    const auto found = annotations.find(key);
    text += '\0' + (found == annotations.end() ? std::string() : found->second);
  }
  corpora.Write("classic", name, text);
  if (signature.entry) WriteEntry(corpora, "classic-" + name, *signature.entry);
}

void WriteClassics(const Corpora& corpora, VirtualSigstore& sigstore) {
  const std::string reference = "registry.harbour.example/crane";
  ClassicSpec spec;
  WriteClassic(corpora, "keyless", sigstore.SignImage(reference, kImage, spec));
  spec.timestamp = true;
  spec.annotations = {{"creator", "OBS"}};
  WriteClassic(corpora, "annotated", sigstore.SignImage(reference, kImage, spec));
  spec = {};
  spec.entry_kind = "rekord";
  WriteClassic(corpora, "rekord", sigstore.SignImage(reference, kImage, spec));
  spec = {};
  spec.key = TestKey(KeyType::kP256, "release key");
  WriteClassic(corpora, "key", sigstore.SignImage(reference, kImage, spec));
}

void WriteStatements(const Corpora& corpora, VirtualSigstore& sigstore) {
  const std::pair<const char*, std::string> statements[] = {
      {"sign", CosignStatement(kHex)},
      {"sign-bare", CosignStatement(kHex, StatementShape::kBare, true)},
      {"provenance-v02", ProvenanceStatement(kHex, "v0.2")},
      {"provenance-v1", ProvenanceStatement(kHex, "v1")},
      {"sbom", PredicateStatement(kHex, "https://spdx.dev/Document", "{\"a\":[1,null,true]}")}};
  for (const auto& [name, text] : statements) {
    corpora.Write("statement", name, text);
    corpora.Write("attestation", name, sigstore.AttestImage(text).payload);
  }
}

void WriteRoots(const Corpora& corpora, const VirtualSigstore& sigstore) {
  TrustDocument document = sigstore.Trust();
  corpora.Write("trust_root", "plain", document.Json());
  document.media_type = "application/vnd.dev.sigstore.trustedroot+json;version=0.2";
  document.logs[0].window.end = "null";
  document.ct_logs[0].window.end = "2030-01-01T00:00:00.5Z";
  document.logs[1].key_details = "LMS_SHA256";
  corpora.Write("trust_root", "windows", document.Json());
}

// At the end: every entry that is logged moves the proofs of those after it.
void WriteOddities(const Corpora& corpora, VirtualSigstore& sigstore) {
  const TestKey witness(KeyType::kEd25519, "witness one");
  BundleSpec spec;
  spec.rekor1 = false;
  spec.rekor2 = true;
  spec.timestamp = true;
  spec.dsse2 = true;
  spec.entry2.checkpoint.witnesses = {{"witness.example/w1", &witness}};
  spec.entry2.checkpoint.extensions = {"a further line"};
  WriteBundle(corpora, "rekor2-dsse", sigstore.SignStatement(CosignStatement(kHex), spec));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const Corpora corpora(argv[1]);
  VirtualSigstore sigstore;
  WriteBundles(corpora, sigstore);
  WriteClassics(corpora, sigstore);
  WriteStatements(corpora, sigstore);
  WriteRoots(corpora, sigstore);
  WriteOddities(corpora, sigstore);
  return 0;
}
