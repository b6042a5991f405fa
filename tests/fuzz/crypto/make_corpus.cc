// Writes the corpora of this room's fuzz targets into a folder: good and damaged data of the virtual
// Sigstore, the same bytes every time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "crypto/certificate.h"
#include "crypto/sct.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace {

using plimsoll::AsBytes;
using plimsoll::Bytes;
using plimsoll::test::CertificateSpec;
using plimsoll::test::GeneralName;
using plimsoll::test::KeyType;
using plimsoll::test::LeafSpec;
using plimsoll::test::TestKey;
using plimsoll::test::TimestampSpec;
using plimsoll::test::VirtualSigstore;

class Folder {
 public:
  Folder(const std::filesystem::path& root, const char* name) : path_(root / name) {
    std::filesystem::create_directories(path_);
  }
  void Write(const std::string& name, const Bytes& bytes) const {
    std::ofstream out(path_ / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path path_;
};

void WriteKeys(const Folder& folder) {
  const std::pair<const char*, KeyType> kinds[] = {
      {"p256", KeyType::kP256},          {"p384", KeyType::kP384},
      {"p521", KeyType::kP521},          {"ed25519", KeyType::kEd25519},
      {"rsa2048", KeyType::kRsa2048},    {"rsa1024", KeyType::kRsa1024},
      {"secp256k1", KeyType::kSecp256k1}};
  for (const auto& [name, type] : kinds) {
    const TestKey key(type, "corpus");
    folder.Write(name, key.spki());
    folder.Write(std::string(name) + ".pem", plimsoll::ToBytes(key.Pem()));
  }
}

void WriteCertificates(const Folder& folder, const VirtualSigstore& sigstore) {
  const auto leaf = [&](const char* name, const LeafSpec& spec) {
    folder.Write(name, sigstore.IssueLeaf(spec).der);
  };
  const auto changed = [&](const char* name, void (*change)(CertificateSpec&)) {
    LeafSpec spec;
    spec.certificate = change;
    leaf(name, spec);
  };
  folder.Write("root", sigstore.root().der);
  folder.Write("intermediate", sigstore.intermediate().der);
  folder.Write("tsa", sigstore.tsa().der);
  leaf("workflow", {});
  leaf("email", plimsoll::test::EmailLeaf("bosun@harbour.example"));
  leaf("username", plimsoll::test::UsernameLeaf("bosun!harbour.example"));
  changed("address", [](CertificateSpec& c) {
    c.names = {{GeneralName::Kind::kIp, "\x7f\x01\x02\x03"}, {GeneralName::Kind::kDns, "a.b"}};
  });
  changed("authority", [](CertificateSpec& c) { c.basic_constraints = c.is_ca = true; });
  changed("twice", [](CertificateSpec& c) { c.extensions.push_back(c.extensions.front()); });
  changed("nul", [](CertificateSpec& c) { c.names[0].value.insert(9, 1, '\0'); });
  changed("two-scts", [](CertificateSpec& c) { c.scts.push_back(c.scts.front()); });
  changed("damaged", [](CertificateSpec& c) { c.damage_signature = true; });
}

void WriteSctLists(const Folder& folder, const VirtualSigstore& sigstore) {
  const auto list = [&](const char* name, void (*change)(CertificateSpec&)) {
    LeafSpec spec;
    spec.certificate = change;
    const auto leaf = plimsoll::crypto::Certificate::FromDer(sigstore.IssueLeaf(spec).der);
    const Bytes& value = leaf->FindExtension(plimsoll::crypto::kOidSctList)->value;
    folder.Write(name, Bytes(value.begin() + 2, value.end()));
  };
  list("one", [](CertificateSpec&) {});
  list("extensions", [](CertificateSpec& c) { c.scts[0].extensions = Bytes{1, 2, 3}; });
  list("version", [](CertificateSpec& c) { c.scts[0].version = 7; });
  folder.Write("empty", Bytes{0, 0});
  folder.Write("cut", Bytes{0, 4, 0, 9, 0, 0});
}

void WriteTimestamps(const Folder& folder, const VirtualSigstore& sigstore) {
  const auto stamp = [&](const char* name, const std::function<void(TimestampSpec&)>& change) {
    folder.Write(name, sigstore.Timestamp(AsBytes("signature bytes"), change));
  };
  stamp("plain", {});
  stamp("embedded", [&](TimestampSpec& s) {
    s.certificates = {sigstore.tsa().der, sigstore.tsa_root().der};
  });
  stamp("fraction", [](TimestampSpec& s) { s.gen_time = "20260301120000.25Z"; });
  stamp("ess-v1", [](TimestampSpec& s) { s.ess_v1 = true; });
  stamp("refused", [](TimestampSpec& s) {
    s.status = 2;
    s.token = false;
  });
  stamp("two-signers", [](TimestampSpec& s) { s.second_signer = true; });
  stamp("damaged", [](TimestampSpec& s) { s.damage_signature = true; });
  stamp("sha512",
        [](TimestampSpec& s) { s.imprint_hash = s.digest = plimsoll::test::ImprintHash::kSha512; });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::filesystem::path root(argv[1]);
  const VirtualSigstore sigstore;
  WriteKeys({root, "public_key"});
  WriteCertificates({root, "certificate"}, sigstore);
  WriteSctLists({root, "sct_list"}, sigstore);
  WriteTimestamps({root, "timestamp"}, sigstore);
  return 0;
}
