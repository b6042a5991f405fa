// `plimsoll inspect` on what the real cosign 2 and 3 leave in real registries, in every form, and on images and
// signatures of others as they were stored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/subprocess.h"
#include "json/json.h"
#include "support/fake_registry/stored_images.h"
#include "support/test_data/test_data.h"
#include "support/testbed/testbed.h"

namespace plimsoll {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kProvenanceType[] = "https://slsa.dev/provenance/v1";
constexpr char kManifest[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndex[] = "application/vnd.oci.image.index.v1+json";
constexpr char kBundle[] = "application/vnd.dev.sigstore.bundle.v0.3+json";

// What `inspect -o json` says of one image.
struct Seen {
  int exit_code = -1;
  std::string posture, reason, storage, level, identity, kind, notes, source_repository;
  std::size_t signers = 0;
};

Seen Inspect(std::vector<std::string> flags, const std::string& image) {
  std::vector<std::string> words{PLIMSOLL_PROGRAMS "/plimsoll", "inspect", "--plain-http", "-o",
                                 "json"};
  words.insert(words.end(), flags.begin(), flags.end());
  words.push_back(image);
  SubprocessRequest request;
  request.argv = words;
  request.timeout = std::chrono::seconds(60);
  const auto done = RunSubprocess(request);
  Seen seen;
  if (!done) {
    ADD_FAILURE() << done.error().message;
    return seen;
  }
  seen.exit_code = done->exit_code;
  const auto document = json::Document::Parse(done->output);
  if (!document || document->root().size() != 1) {
    ADD_FAILURE() << done->output << done->error_output;
    return seen;
  }
  const auto answer = document->root()[0];
  const auto signer = answer["signers"][0];
  seen.posture = answer["posture"].StringOrEmpty();
  seen.reason = answer["reason"].StringOrEmpty();
  seen.signers = answer["signers"].size();
  seen.storage = signer["storage"].StringOrEmpty();
  seen.level = signer["level"].StringOrEmpty();
  seen.identity = signer["identity"].StringOrEmpty();
  seen.kind = signer["kind"].StringOrEmpty();
  seen.source_repository = answer["provenance"]["sourceRepositoryURI"].StringOrEmpty();
  for (auto note = answer["notes"].first(); !note.missing(); note = note.next())
    seen.notes += std::string(note["kind"].StringOrEmpty()) + " ";
  return seen;
}

std::string DigestIn(const std::string& image) { return image.substr(image.find('@') + 1); }
std::string NameIn(const std::string& image) { return image.substr(0, image.find('@')); }

// ---- Signed by the real cosign --------------------------------------------------------------------------------------

struct Way {
  std::string name;
  std::vector<std::string> how;  // words of `scripts/testbed sign`
  std::string posture;
  bool bundle;
};

std::vector<Way> Ways() {
  return {
      {"Cosign3KeylessClassic", {}, "SignedKeyless", false},
      {"Cosign3KeyClassic", {"--key"}, "SignedKeyBased", false},
      {"Cosign3KeylessBundle", {"--bundle"}, "SignedKeyless", true},
      {"Cosign3KeyBundle", {"--key", "--bundle"}, "SignedKeyBased", true},
      {"Cosign3KeylessBundleRekor2", {"--bundle", "--log", "rekor2"}, "SignedKeyless", true},
      {"Cosign2KeylessClassic", {"--cosign2"}, "SignedKeyless", false},
      {"Cosign2KeyClassic", {"--cosign2", "--key"}, "SignedKeyBased", false},
      {"Cosign2KeylessBundle", {"--cosign2", "--bundle"}, "SignedKeyless", true},
  };
}

class InspectOnTheBed : public testing::TestbedTest {
 protected:
  std::vector<std::string> Registries() const {
    return {bed().registry(), bed().referrers_registry()};
  }
  Seen Look(const std::string& image, std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--trusted-root", bed().trusted_root()});
    return Inspect(std::move(flags), image);
  }
  // The digests that an index lists.
  std::vector<std::string> Children(const std::string& index) const {
    const auto text = Run({"manifest", index});
    const auto document = json::Document::Parse(text);
    std::vector<std::string> children;
    if (!document) return children;
    const auto manifests = document->root()["manifests"];
    for (auto child = manifests.first(); !child.missing(); child = child.next())
      children.emplace_back(child["digest"].StringOrEmpty());
    return children;
  }
};

class SignedByCosign : public InspectOnTheBed, public ::testing::WithParamInterface<Way> {
 protected:
  void ExpectSigned(const std::string& registry, const Seen& seen, const std::string& level) const {
    EXPECT_EQ(seen.exit_code, 0);
    EXPECT_EQ(seen.posture, GetParam().posture) << seen.reason;
    EXPECT_EQ(seen.signers, 1u);
    EXPECT_EQ(seen.level, level);
    const bool api = registry == bed().referrers_registry();
    EXPECT_EQ(seen.storage, !GetParam().bundle ? "SignatureTag" : api ? "Referrer" : "ReferrerTag");
  }
};

TEST_P(SignedByCosign, AnImageIsSeenSignedWithAndWithoutAReferrersApi) {
  for (const auto& registry : Registries()) {
    const auto image = Push(Repository("single", registry) + ":v1");
    EXPECT_EQ(Look(image).posture, "Unsigned");
    Sign(GetParam().how, image);
    ExpectSigned(registry, Look(image), "Manifest");
  }
}

TEST_P(SignedByCosign, AnIndexIsSeenSignedWithAndWithoutAReferrersApi) {
  for (const auto& registry : Registries()) {
    const auto index = Push(Repository("multi", registry) + ":v1", {"linux/amd64", "linux/arm64"});
    Sign(GetParam().how, index);
    ExpectSigned(registry, Look(index), "Index");
  }
}

INSTANTIATE_TEST_SUITE_P(Cosign, SignedByCosign, ::testing::ValuesIn(Ways()),
                         [](const auto& way) { return way.param.name; });

TEST_F(InspectOnTheBed, AnUnsignedIndexIsSignedWhenEveryChildIsAndUnsignedWhenOneIsNot) {
  const auto index = Push(Repository("children") + ":v1", {"linux/amd64", "linux/arm64"});
  const auto children = Children(index);
  ASSERT_THAT(children, SizeIs(2));
  Sign({"--key"}, NameIn(index) + "@" + children[0]);
  auto seen = Look(index);
  EXPECT_EQ(seen.posture, "Unsigned");
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_EQ(Look(index, {"--platform", "linux/amd64"}).posture, "SignedKeyBased");
  Sign({"--key"}, NameIn(index) + "@" + children[1]);
  seen = Look(index);
  EXPECT_EQ(seen.posture, "SignedKeyBased");
  EXPECT_THAT(seen.notes, HasSubstr("SignedAtOtherLevel"));
}

TEST_F(InspectOnTheBed, ASignatureTagThatGoesWhileABundleStaysIsStillSigned) {
  const auto image = Push(Repository("moved") + ":v1");
  Sign({}, image);
  Sign({"--bundle"}, image);
  EXPECT_EQ(Look(image).signers, 2u);
  const auto tag = NameIn(image) + ":sha256-" + DigestIn(image).substr(7) + ".sig";
  Run({"delete", tag});
  const auto seen = Look(image);
  EXPECT_EQ(seen.posture, "SignedKeyless");
  EXPECT_EQ(seen.storage, "ReferrerTag");
}

TEST_F(InspectOnTheBed, SignaturesOfSeveralSignersAreAllSeen) {
  const auto image = Push(Repository("several") + ":v1");
  Sign({"--key"}, image);
  Sign({"--key", "--other"}, image);
  Sign({"--email", "dev@shop.example"}, image);
  const auto seen = Look(image);
  EXPECT_EQ(seen.posture, "SignedKeyless");
  EXPECT_EQ(seen.signers, 3u);
}

TEST_F(InspectOnTheBed, AnAttestationThatIsNoProvenanceIsNoSignature) {
  for (const auto& registry : Registries()) {
    const auto image = Push(Repository("scanned", registry) + ":v1");
    Run({"attest", "--bundle", "--type", "https://example.com/scan/v1", image});
    Run({"attest", "--classic", "--type", "https://example.com/scan/v1", image});
    const auto seen = Look(image);
    EXPECT_EQ(seen.posture, "Unsigned") << seen.reason;
    EXPECT_EQ(seen.exit_code, 1);
  }
}

TEST_F(InspectOnTheBed, ProvenanceUnderTheAttestationTagIsAttested) {
  const auto image = Push(Repository("attested") + ":v1");
  Run({"attest", "--classic", image});
  const auto seen = Look(image);
  EXPECT_EQ(seen.posture, "Attested") << seen.reason;
  EXPECT_EQ(seen.source_repository, "https://github.com/shop/web");
}

// As actions/attest leaves it with push-to-registry: its own manifest around a bundle, and the fallback tag where there
// is no API. The bundle itself is signed by a workflow with this bed's Sigstore.
class GitHubAttestation : public InspectOnTheBed {
 protected:
  std::string ManifestAround(const std::string& subject, const std::string& subject_size,
                             const json::Value& layer) const {
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kManifest) +
           R"(","artifactType":")" + kBundle +
           R"(","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":)"
           R"("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},)"
           R"("layers":[{"mediaType":")" +
           kBundle + R"(","digest":")" + std::string(layer["digest"].StringOrEmpty()) +
           R"(","size":)" + std::to_string(layer["size"].Uint64().value_or(0)) +
           R"(}],"subject":{"mediaType":")" + kManifest + R"(","digest":")" + subject +
           R"(","size":)" + subject_size +
           R"(},"annotations":{"org.opencontainers.image.created":"2026-03-01T12:00:00Z",)"
           R"("dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":")" +
           kProvenanceType + R"("}})";
  }
};

TEST_F(GitHubAttestation, ItIsAttestedWithAndWithoutAReferrersApi) {
  for (const auto& registry : Registries()) {
    const auto image = Push(Repository("github", registry) + ":v1");
    Run({"attest", "--bundle", image});
    const auto made = Run({"referrers", image});
    const auto text = Run({"manifest", NameIn(image) + "@" + made});
    const auto manifest = json::Document::Parse(text);
    ASSERT_TRUE(manifest) << text;

    const auto own = ManifestAround(
        DigestIn(image), std::to_string(manifest->root()["subject"]["size"].Uint64().value_or(0)),
        manifest->root()["layers"][0]);
    const auto stored = Run({"put", NameIn(image) + ":github", kManifest}, own);
    ASSERT_FALSE(stored.empty());
    Run({"delete", NameIn(image) + "@" + made});
    if (registry == bed().registry()) {
      Run({"put", NameIn(image) + ":sha256-" + DigestIn(image).substr(7), kIndex},
          R"({"schemaVersion":2,"mediaType":")" + std::string(kIndex) +
              R"(","manifests":[{"mediaType":")" + kManifest + R"(","artifactType":")" + kBundle +
              R"(","digest":")" + DigestIn(stored) + R"(","size":)" + std::to_string(own.size()) +
              "}]}");
    }
    const auto seen = Look(image);
    EXPECT_EQ(seen.posture, "Attested") << seen.reason;
    EXPECT_EQ(seen.exit_code, 0);
    EXPECT_EQ(seen.signers, 1u);
    EXPECT_EQ(seen.storage, registry == bed().registry() ? "ReferrerTag" : "Referrer");
    EXPECT_EQ(seen.source_repository, "https://github.com/shop/web");
  }
}

// ---- Stored by others -----------------------------------------------------------------------------------------------

class InspectOnStoredImages : public ::testing::Test {
 protected:
  void SetUp() override {
    PLIMSOLL_NEEDS_TEST_DATA();
    std::string pattern = ::testing::TempDir() + "plimsoll-inspect-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::vector<std::string> Flags(const std::map<std::string, std::string>& keys) const {
    std::vector<std::string> flags;
    for (const auto& [name, pem] : keys) {
      const auto path = (folder_ / (name + ".pub")).string();
      std::ofstream(path) << pem;
      flags.insert(flags.end(), {"--key", path});
    }
    return flags;
  }

  testing::FakeRegistry registry_;
  std::filesystem::path folder_;
};

TEST_F(InspectOnStoredImages, EveryAttestedLayoutIsAttestedByItsBuilder) {
  for (const auto& layout : testing::AttestedLayouts()) {
    const auto image = testing::PushLayout(registry_, "team/app", layout);
    const auto seen = Inspect({}, registry_.Reference("team/app", image));
    EXPECT_EQ(seen.posture, "Attested") << layout << ": " << seen.reason;
    EXPECT_EQ(seen.exit_code, 0) << layout;
    EXPECT_THAT(seen.identity,
                HasSubstr("https://github.com/slsa-framework/slsa-github-generator/"))
        << layout;
  }
}

struct Expected {
  std::string posture;
  std::size_t signers;
};

// With the public-good trust root and the keys that lie beside each.
TEST_F(InspectOnStoredImages, EverySignatureManifestIsSeenAsItsSignersMadeIt) {
  const std::map<std::string, Expected> expected{
      {"connaisseur:sha256-071bf7a986f1", {"SignedKeyBased", 1}},
      {"connaisseur:sha256-31dc72a13a0c", {"SignedKeyless", 1}},
      {"connaisseur:sha256-bfec161fecb0", {"SignedKeyBased", 3}},
      {"neuvector:public-keypair", {"SignedKeyBased", 1}},
      {"neuvector:rootless-keypair-only", {"SignedKeyBased", 1}},
      {"neuvector:suse-app-collection", {"SignedKeyBased", 1}},
      {"salrashid123:server_image", {"SignedKeyless", 1}},
  };
  const auto rows = testing::AllStoredSignatures();
  ASSERT_EQ(rows.size(), expected.size());
  for (const auto& row : rows) {
    ASSERT_TRUE(expected.contains(row.name)) << row.name;
    const auto repository = "team/app" + std::to_string(&row - rows.data());
    testing::PushStoredSignatures(registry_, repository, row);
    const auto seen = Inspect(Flags(row.keys), registry_.Reference(repository, row.image));
    EXPECT_EQ(seen.posture, expected.at(row.name).posture) << row.name << ": " << seen.reason;
    EXPECT_EQ(seen.signers, expected.at(row.name).signers) << row.name;
    // Only the signatures are stored: they count, and the missing image is told.
    EXPECT_THAT(seen.notes, HasSubstr("ManifestMissing")) << row.name;
  }
}

}  // namespace
}  // namespace plimsoll
