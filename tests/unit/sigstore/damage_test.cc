// Every real signature, damaged in one place at a time: each damage is rejected. The histogram of reasons
// is printed, by place.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "base/encoding.h"
#include "damage.h"
#include "json/json.h"
#include "real_seeds.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

// Every seed; under a sanitizer, which is slow and asks another question, every eighth.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStride = 8;
#else
constexpr std::size_t kStride = 1;
#endif

class Histogram {
 public:
  void Count(const std::string& place, const Verification& v, const std::string& seed) {
    ++all_;
    ++counts_[place][v.verified() ? "VERIFIED" : v.reason.str()];
    EXPECT_FALSE(v.verified()) << "survived: " << place << " in " << seed;
  }
  int all() const { return all_; }
  void Print(const char* what) const {
    std::cout << what << ": " << all_ << " damaged signatures, by place and reason\n";
    for (const auto& [place, reasons] : counts_) {
      std::cout << "  " << place << ":";
      for (const auto& [reason, count] : reasons) std::cout << " " << reason << " " << count;
      std::cout << "\n";
    }
  }

 private:
  int all_ = 0;
  std::map<std::string, std::map<std::string, int>> counts_;
};

std::string FlipFirstHex(std::string digest) {
  digest.back() = digest.back() == '0' ? '1' : '0';
  return digest;
}

// The public-good root, damaged.
class DamagedRoots {
 public:
  DamagedRoots() : text_(test::ReadTestData("trust-roots/prod/trusted_root.json")) {
    no_ct_.emplace(Make(*DropFromJson(text_, "ctlogs")));
    only_old_ca_.emplace(Make(*DropFromJson(text_, "certificateAuthorities[1]")));
    only_new_ca_.emplace(Make(*DropFromJson(text_, "certificateAuthorities[0]")));
  }
  const Verifier& no_ct() const { return *no_ct_; }
  // Whose certificates are under the old authority does not verify under the new one, and the reverse.
  const Verifier& without_ca_of(const BundleSeed& seed) const {
    return only_old_ca_->VerifyBundle(seed.bundle, seed.expected).verified() ? *only_new_ca_
                                                                             : *only_old_ca_;
  }
  const Verifier& without_ca_of(const ClassicSeed& seed) const {
    return only_old_ca_->VerifyClassic(seed.View(), seed.expected).verified() ? *only_new_ca_
                                                                              : *only_old_ca_;
  }
  Verifier LogEndsAt(std::int64_t seconds) const {
    const std::string start = "2021-01-12T11:53:27Z";
    std::string text = text_;
    const auto at = text.find(start);
    text.replace(at, start.size() + 1,
                 start + "\",\"end\":\"" + FormatTime(FromUnixSeconds(seconds)) + "\"");
    return Make(text);
  }

 private:
  static Verifier Make(const std::string& text) { return MustCreate(MustParseRoot(text)); }
  std::string text_;
  std::optional<Verifier> no_ct_;
  std::optional<Verifier> only_old_ca_;
  std::optional<Verifier> only_new_ca_;
};

using Change = std::function<std::string(std::string)>;

std::string DamageLine(std::string note, int line, std::string_view what) {
  std::size_t at = 0;
  for (int i = 0; i < line; ++i) at = note.find('\n', at) + 1;
  if (what == "root") {
    const std::size_t end = note.find('\n', at);
    const std::string flipped = FlipBase64(note.substr(at, end - at));
    return note.replace(at, end - at, flipped);
  }
  note[at] = note[at] == '7' || note[at] == 'r' ? '8' : '7';
  return note;
}

std::string DamageNoteSignature(std::string note) {
  const std::size_t at = note.rfind(' ') + 1;
  const std::size_t end = note.find('\n', at);
  return note.replace(at, end - at, FlipBase64(note.substr(at, end - at)));
}

const std::vector<std::tuple<std::string, std::string, Change>>& BundleEdits() {
  static const std::string kEntry = "verificationMaterial.tlogEntries[0].";
  static const std::string kProof = kEntry + "inclusionProof.";
  static const std::string kCheckpoint = kProof + "checkpoint.envelope";
  const auto add = [](std::int64_t delta) -> Change {
    return [delta](const std::string& text) { return AddTo(text, delta); };
  };
  const auto line = [](int number, std::string_view what) -> Change {
    return [=](const std::string& text) { return DamageLine(text, number, what); };
  };
  static const std::vector<std::tuple<std::string, std::string, Change>> kEdits = {
      {"signature bit", "messageSignature.signature", FlipBase64},
      {"message digest bit", "messageSignature.messageDigest.digest", FlipBase64},
      {"promise bit", kEntry + "inclusionPromise.signedEntryTimestamp", FlipBase64},
      {"integrated time +1 s", kEntry + "integratedTime", add(1)},
      {"integrated time -1 s", kEntry + "integratedTime", add(-1)},
      {"integrated time +11 min", kEntry + "integratedTime", add(660)},
      {"log index +1", kEntry + "logIndex", add(1)},
      {"log index -1", kEntry + "logIndex", add(-1)},
      {"log id bit", kEntry + "logId.keyId", FlipBase64},
      {"entry body bit", kEntry + "canonicalizedBody", FlipBase64},
      {"proof hash bit", kProof + "hashes[0]", FlipBase64},
      {"proof hash missing", kProof + "hashes[0]", nullptr},
      {"proof index +1", kProof + "logIndex", add(1)},
      {"proof size +1", kProof + "treeSize", add(1)},
      {"proof size -1", kProof + "treeSize", add(-1)},
      {"proof root bit", kProof + "rootHash", FlipBase64},
      {"checkpoint origin", kCheckpoint, line(0, "origin")},
      {"checkpoint size", kCheckpoint, line(1, "size")},
      {"checkpoint root", kCheckpoint, line(2, "root")},
      {"checkpoint signature", kCheckpoint, DamageNoteSignature},
  };
  return kEdits;
}

std::string SwappedHashes(const std::string& bundle) {
  const std::string path = "verificationMaterial.tlogEntries[0].inclusionProof.hashes";
  std::string first;
  std::string second;
  EditJson(bundle, path + "[0]", [&](std::string text) { return first = text; });
  EditJson(bundle, path + "[1]", [&](std::string text) { return second = text; });
  if (first.empty() || second.empty() || first == second) return "";
  auto edited = EditJson(bundle, path + "[0]", [&](const std::string&) { return second; });
  edited = EditJson(*edited, path + "[1]", [&](const std::string&) { return first; });
  return *edited;
}

// The path of the leaf, which depends on the version.
std::string CertificatePath(const std::string& bundle) {
  const std::string single = "verificationMaterial.certificate.rawBytes";
  const std::string chain = "verificationMaterial.x509CertificateChain.certificates[0].rawBytes";
  return EditJson(bundle, single, [](std::string text) { return text; }) ? single : chain;
}

std::string CertificateOf(const std::string& bundle) {
  std::string certificate;
  EditJson(bundle, CertificatePath(bundle), [&](std::string text) { return certificate = text; });
  return certificate;
}

std::int64_t IntegratedTimeOf(const std::string& bundle, std::string_view path) {
  std::int64_t seconds = 0;
  EditJson(bundle, path, [&](std::string text) {
    seconds = std::stoll(text);
    return text;
  });
  return seconds;
}

TEST(Damage, NoDamagedBundleVerifies) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  const DamagedRoots roots;
  const auto seeds = CPythonSeeds();
  Histogram histogram;
  for (std::size_t i = 0; i < seeds.size(); i += kStride) {
    const BundleSeed& seed = seeds[i];
    const auto judge = [&](const std::string& place, const std::string& bundle) {
      histogram.Count(place, verifier.VerifyBundle(bundle, seed.expected), seed.name);
    };
    for (const auto& [place, path, change] : BundleEdits()) {
      const auto damaged =
          change ? EditJson(seed.bundle, path, change) : DropFromJson(seed.bundle, path);
      if (damaged) judge(place, *damaged);
    }
    if (const std::string swapped = SwappedHashes(seed.bundle); !swapped.empty()) {
      judge("proof order", swapped);
    }
    const std::string other = CertificateOf(seeds[(i + 97) % seeds.size()].bundle);
    judge("certificate of another", *EditJson(seed.bundle, CertificatePath(seed.bundle),
                                              [&](const std::string&) { return other; }));
    judge("certificate bit", *EditJson(seed.bundle, CertificatePath(seed.bundle), FlipBase64));
    Expected wrong = seed.expected;
    wrong.digests[0] = FlipFirstHex(wrong.digests[0]);
    histogram.Count("artifact digest", verifier.VerifyBundle(seed.bundle, wrong), seed.name);
    histogram.Count("root without CT logs", roots.no_ct().VerifyBundle(seed.bundle, seed.expected),
                    seed.name);
    histogram.Count("root without its CA",
                    roots.without_ca_of(seed).VerifyBundle(seed.bundle, seed.expected), seed.name);
    const std::int64_t time =
        IntegratedTimeOf(seed.bundle, "verificationMaterial.tlogEntries[0].integratedTime");
    histogram.Count("log key one second too old",
                    roots.LogEndsAt(time - 1).VerifyBundle(seed.bundle, seed.expected), seed.name);
  }
  histogram.Print("CPython bundles");
  EXPECT_GT(histogram.all(), 15000 / static_cast<int>(kStride));
}

const std::vector<std::tuple<std::string, std::string, Change>>& ClassicEdits() {
  const auto add = [](std::int64_t delta) -> Change {
    return [delta](const std::string& text) { return AddTo(text, delta); };
  };
  static const std::vector<std::tuple<std::string, std::string, Change>> kEdits = {
      {"promise bit", "SignedEntryTimestamp", FlipBase64},
      {"integrated time +1 s", "Payload.integratedTime", add(1)},
      {"integrated time -1 s", "Payload.integratedTime", add(-1)},
      {"integrated time +11 min", "Payload.integratedTime", add(660)},
      {"log index +1", "Payload.logIndex", add(1)},
      {"log index -1", "Payload.logIndex", add(-1)},
      {"log id bit", "Payload.logID", FlipHex},
      {"entry body bit", "Payload.body", FlipBase64},
  };
  return kEdits;
}

TEST(Damage, NoDamagedClassicSignatureVerifies) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  const DamagedRoots roots;
  const auto seeds = ChainguardSeeds();
  Histogram histogram;
  for (std::size_t i = 0; i < seeds.size(); i += kStride) {
    const ClassicSeed& seed = seeds[i];
    const ClassicSeed& other = seeds[(i + 97) % seeds.size()];
    const auto judge = [&](const std::string& place,
                           const std::function<void(ClassicSeed&)>& change) {
      ClassicSeed damaged = seed;
      change(damaged);
      histogram.Count(place, verifier.VerifyClassic(damaged.View(), damaged.expected), seed.name);
    };
    for (const auto& [place, path, change] : ClassicEdits()) {
      judge(place, [&](ClassicSeed& s) { s.bundle = *EditJson(s.bundle, path, change); });
    }
    judge("payload bit", [](ClassicSeed& s) { s.payload[s.payload.size() / 2] ^= 0x01; });
    judge("payload space", [](ClassicSeed& s) { s.payload += " "; });
    judge("signature bit", [](ClassicSeed& s) { s.signature = FlipBase64(s.signature); });
    judge("signature of another", [&](ClassicSeed& s) { s.signature = other.signature; });
    judge("certificate of another", [&](ClassicSeed& s) { s.certificate = other.certificate; });
    judge("certificate missing", [](ClassicSeed& s) { s.certificate.clear(); });
    judge("log entry of another", [&](ClassicSeed& s) { s.bundle = other.bundle; });
    judge("log entry missing", [](ClassicSeed& s) { s.bundle.clear(); });
    judge("image digest",
          [](ClassicSeed& s) { s.expected.digests[0] = FlipFirstHex(s.expected.digests[0]); });
    histogram.Count("root without CT logs", roots.no_ct().VerifyClassic(seed.View(), seed.expected),
                    seed.name);
    histogram.Count("root without its CA",
                    roots.without_ca_of(seed).VerifyClassic(seed.View(), seed.expected), seed.name);
    const std::int64_t time = IntegratedTimeOf(seed.bundle, "Payload.integratedTime");
    histogram.Count("log key one second too old",
                    roots.LogEndsAt(time - 1).VerifyClassic(seed.View(), seed.expected), seed.name);
  }
  histogram.Print("Chainguard signatures");
  EXPECT_GT(histogram.all(), 20000 / static_cast<int>(kStride));
}

}  // namespace
}  // namespace plimsoll::sigstore
