// One verifier gives one answer: whatever it judged before, from whatever thread, and whether it takes a verifier that
// the carrier has decoded already or decodes it anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "entry_body.h"
#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using test::BundleSpec;

std::string AnswerOf(const Verification& v) {
  std::string text =
      std::string(Name(v.outcome)) + "|" + std::string(v.reason.text()) + "|" + v.message;
  for (const Step step : v.steps) text += "|" + std::string(Name(step));
  if (v.signer) text += "|" + v.signer->identity + v.signer->spki_sha256;
  if (v.log) text += "|" + v.log->entry_hash;
  for (const VerifiedTime& time : v.times) text += "|" + FormatMicroTime(time.time);
  for (const std::string& ignored : v.ignored) text += "|" + ignored;
  return text;
}

class Sameness : public VirtualTest {
 protected:
  Sameness() {
    using V = BundleSpec::Version;
    for (const V version : {V::k01, V::k02, V::k03}) {
      BundleSpec spec;
      spec.version = version;
      AddGoodAndBad(spec);
    }
    BundleSpec v2;
    v2.rekor1 = false;
    v2.rekor2 = true;
    AddGoodAndBad(v2);
    BundleSpec keyed;
    keyed.key = key_;
    AddGoodAndBad(keyed);
    keyed.key = test::TestKey(test::KeyType::kP256, "a key that nobody configured");
    AddGoodAndBad(keyed);
    BundleSpec person;
    person.leaf = test::EmailLeaf("ada@harbour.example");
    AddGoodAndBad(person);
    options_.public_keys_pem = {key_.Pem()};
  }

  void AddGoodAndBad(const BundleSpec& spec) {
    auto bundle = sigstore_.SignMessage(kArtifact, spec);
    bundles_.push_back(bundle.Json());
    bundle.signatures[0].back() ^= 1;
    bundles_.push_back(bundle.Json());
    bundle.signatures[0].back() ^= 1;
    bundle.entries[0].hashes[0][0] ^= 1;
    bundles_.push_back(bundle.Json());
    // The certificate of another run, with everything else as it was.
    if (bundle.certificates.empty()) return;
    test::LeafSpec other;
    other.key_seed = "another run";
    bundle.entries[0].hashes[0][0] ^= 1;
    bundle.certificates[0] = sigstore_.IssueLeaf(other).der;
    bundles_.push_back(bundle.Json());
  }

  Verifier NewVerifier() { return MustCreate(MustParseRoot(sigstore_.Trust().Json()), options_); }

  std::vector<std::string> FreshAnswers() {
    std::vector<std::string> answers;
    for (const std::string& bundle : bundles_) {
      answers.push_back(AnswerOf(NewVerifier().VerifyBundle(bundle, ArtifactExpected())));
    }
    return answers;
  }

  test::TestKey key_{test::KeyType::kP256, "release key"};
  VerifierOptions options_;
  std::vector<std::string> bundles_;
};

TEST_F(Sameness, WhatWasJudgedBeforeChangesNoAnswer) {
  const std::vector<std::string> fresh = FreshAnswers();
  const auto verified = std::count_if(fresh.begin(), fresh.end(), [](const std::string& answer) {
    return answer.starts_with("Verified");
  });
  ASSERT_EQ(verified, 7);
  const Verifier one = NewVerifier();
  std::mt19937 random(20'260'301);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < bundles_.size(); ++i) order.insert(order.end(), 5, i);
  std::shuffle(order.begin(), order.end(), random);
  for (const std::size_t i : order) {
    ASSERT_EQ(AnswerOf(one.VerifyBundle(bundles_[i], ArtifactExpected())), fresh[i]) << i;
  }
}

TEST_F(Sameness, SeveralThreadsShareOneVerifier) {
  const std::vector<std::string> fresh = FreshAnswers();
  const Verifier one = NewVerifier();
  std::vector<std::string> wrong(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t k = 0; k < 3 * bundles_.size(); ++k) {
          const std::size_t i = (k * (2 * t + 1) + t) % bundles_.size();
          const std::string answer = AnswerOf(one.VerifyBundle(bundles_[i], ArtifactExpected()));
          if (answer != fresh[i]) wrong[t] = answer + " in place of " + fresh[i];
        }
      });
    }
  }
  for (const std::string& text : wrong) EXPECT_EQ(text, "");
}

// --- What the carrier decoded already.

std::string ShapeOf(const Result<EntryBody>& body) {
  if (!body) return std::string(body.error().code.text()) + ": " + body.error().message;
  std::string text = body->KindVersion() + " " + body->digest.Text();
  for (const LoggedSignature& signature : body->signatures) {
    text += " " + HexEncode(signature.signature);
    if (const auto* certificate = std::get_if<crypto::Certificate>(&signature.verifier)) {
      text += " certificate " + HexEncode(certificate->sha256());
    } else {
      text += " key " + HexEncode(std::get<crypto::PublicKey>(signature.verifier).spki_sha256());
    }
  }
  return text;
}

TEST_F(Sameness, AnEntryReadsTheSameWithAndWithoutWhatItsCarrierDecoded) {
  const auto leaf = sigstore_.IssueLeaf();
  test::LeafSpec other_spec;
  other_spec.key_seed = "another run";
  const auto certificate = crypto::Certificate::FromDer(leaf.der);
  const auto other = crypto::Certificate::FromDer(sigstore_.IssueLeaf(other_spec).der);
  ASSERT_TRUE(certificate && other);
  const std::vector<crypto::PublicKey> keys = {*crypto::PublicKey::FromDer(key_.spki())};
  const std::string statement = test::CosignStatement(ImageHex());
  std::vector<std::string> bodies;
  for (const bool keyed : {false, true}) {
    for (const bool v2 : {false, true}) {
      for (const char* kind : {"", "dsse", "intoto/0.0.1", "intoto/0.0.2"}) {
        BundleSpec spec;
        if (keyed) spec.key = key_;
        spec.rekor1 = !v2;
        spec.rekor2 = v2;
        spec.dsse2 = v2;
        spec.dsse_kind = kind;
        bodies.push_back((*kind == '\0' ? sigstore_.SignMessage(kArtifact, spec)
                                        : sigstore_.SignStatement(statement, spec))
                             .entries[0]
                             .body);
      }
    }
  }
  std::size_t compared = 0;
  std::mt19937 random(7);
  for (const std::string& body : bodies) {
    for (int damage = 0; damage < 60; ++damage) {
      std::string text = body;
      if (damage > 0) text[random() % text.size()] = static_cast<char>('!' + random() % 90);
      const std::string without = ShapeOf(ParseEntryBody(AsBytes(text), {}));
      for (const crypto::Certificate* known : {&*certificate, &*other}) {
        ASSERT_EQ(ShapeOf(ParseEntryBody(AsBytes(text), {}, {known, &keys})), without) << text;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, bodies.size() * 120);
}

}  // namespace
}  // namespace plimsoll::sigstore
