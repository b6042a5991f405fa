// The false-alarm and false-calm table, as far as it concerns the registry: what is not known is never an absence, and
// what an author chose is never unknown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "oci/discovery.h"
#include "registry_fixture.h"

namespace plimsoll::oci {
namespace {

namespace fake = ::plimsoll::testing;

using fake::Reply;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct FaultCase {
  std::string name;
  std::function<Reply()> reply;
  Reason reason;
};

std::ostream& operator<<(std::ostream& out, const FaultCase& fault) { return out << fault.name; }

std::vector<FaultCase> Faults() {
  return {
      {"Status429", [] { return Reply::Status(429); }, kRegistryThrottled},
      {"Status500", [] { return Reply::Status(500); }, kRegistryUnreachable},
      {"Status502", [] { return Reply::Status(502); }, kRegistryUnreachable},
      {"Status503", [] { return Reply::Status(503); }, kRegistryUnreachable},
      {"Status504", [] { return Reply::Status(504); }, kRegistryUnreachable},
      {"Status401", [] { return Reply::Status(401); }, kAuthenticationFailed},
      {"Status403", [] { return Reply::Status(403); }, kAuthenticationFailed},
      {"Status408", [] { return Reply::Status(408); }, kRegistryUnreachable},
      {"NoAnswer", [] { return Reply::NoAnswer(); }, kRegistryUnreachable},
      {"ClosedAtOnce", [] { return Reply::CloseAtOnce(); }, kRegistryUnreachable},
      {"Reset", [] { return Reply::ResetAtOnce(); }, kRegistryUnreachable},
      {"CutBody",
       [] { return Reply::Ok(std::string(1'000, ' '), fake::kOciIndex).ClosedAfter(400); },
       kRegistryUnreachable},
      {"CutChunked",
       [] {
         return Reply::Chunked({std::string(1'000, ' ')}, {{"Content-Type", fake::kOciIndex}})
             .ClosedAfter(400);
       },
       kRegistryUnreachable},
      // What go-containerregistry calls an unsupported status.
      {"Status204", [] { return Reply::Status(204); }, kAnswerRefused},
      {"Status418", [] { return Reply::Status(418); }, kAnswerRefused},
      {"SlowBody",
       [] {
         return Reply::SlowBody(std::string(1'000, ' '), std::chrono::milliseconds(50),
                                fake::kOciIndex);
       },
       kRegistryUnreachable},
      {"TwoLengths", [] { return Reply::Ok("{}", fake::kOciIndex).With("Content-Length", "5"); },
       kAnswerRefused},
      {"Html", [] { return Reply::Html(200); }, kAnswerRefused},
      {"SlowHeader", [] { return Reply::SlowHeader(std::chrono::milliseconds(50)); },
       kRegistryUnreachable},
      {"EndlessHeader", [] { return Reply::EndlessHeader(); }, kAnswerRefused},
      {"NegativeChunk", [] { return Reply::ChunkSizeLine("-1"); }, kAnswerRefused},
      {"GzipBomb", [] { return Reply::GzipBomb(std::uint64_t{1} << 26); }, kAnswerRefused},
      {"RedirectLoop", [] { return Reply::Redirect(307, "/v2/loop"); }, kAnswerRefused},
      {"RedirectToMetadata", [] { return Reply::Redirect(307, "http://169.254.169.254/latest"); },
       kAnswerRefused},
  };
}

class UnknownIsNeverUnsigned : public RegistryFixture,
                               public ::testing::WithParamInterface<FaultCase> {
 protected:
  UnknownIsNeverUnsigned() {
    ClientLimits limits;
    limits.request_timeout = std::chrono::milliseconds(400);
    Connect({.registries = {}, .limits = limits, .credentials = nullptr});
    fake_.server().On("/v2/loop", Reply::Redirect(307, "/v2/loop"));
  }
  void Expect(const DiscoveryResult& result) {
    ASSERT_FALSE(result.Complete());
    EXPECT_EQ(result.unknown->error.code.str(), GetParam().reason.str())
        << result.unknown->error.message;
    EXPECT_FALSE(result.ProvesAbsence());
    EXPECT_TRUE(result.validators.empty());
    EXPECT_FALSE(result.unknown->error.message.empty());
  }
};

TEST_P(UnknownIsNeverUnsigned, OnTheSignatureTag) {
  const auto image = Image();
  fake_.Fault(".sig", GetParam().reply());
  Expect(Discover(image.digest));
}

TEST_P(UnknownIsNeverUnsigned, OnTheAttestationTag) {
  const auto image = Image();
  fake_.Fault(".att", GetParam().reply());
  Expect(Discover(image.digest));
}

TEST_P(UnknownIsNeverUnsigned, OnTheReferrersApi) {
  const auto image = Image();
  fake_.Fault("/referrers/", GetParam().reply());
  Expect(Discover(image.digest));
}

TEST_P(UnknownIsNeverUnsigned, OnTheFallbackTag) {
  const auto image = Image();
  // By value: the server's threads outlive what stands here.
  fake_.server().OnAny([tag = "sha256-" + image.digest.substr(7)](const auto& request) {
    return request.path.ends_with("/manifests/" + tag) ? GetParam().reply()
                                                       : fake::FaultServer::Pass();
  });
  Expect(Discover(image.digest));
}

TEST_P(UnknownIsNeverUnsigned, OnTheImageItself) {
  const auto image = Image();
  fake_.Fault("/manifests/" + image.digest, GetParam().reply());
  const auto result = Discover(image.digest);
  Expect(result);
  EXPECT_NE(result.control, Control::kPresent);
}

TEST_P(UnknownIsNeverUnsigned, OnAListedManifest) {
  const auto image = Image();
  const auto bundle = PushBundle(image);
  fake_.Fault("/manifests/" + bundle.digest, GetParam().reply());
  Expect(Discover(image.digest));
}

INSTANTIATE_TEST_SUITE_P(Registry, UnknownIsNeverUnsigned, ::testing::ValuesIn(Faults()),
                         [](const auto& fault) { return fault.param.name; });

class FalseAlarms : public RegistryFixture {};

TEST_F(FalseAlarms, AFaultOnABlobIsUnknown) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  for (const auto& fault : Faults()) {
    if (fault.name == "NoAnswer" || fault.name == "SlowHeader" || fault.name == "SlowBody")
      continue;  // 20 s; the other forms show it
    fake_.ClearFaults();
    fake_.server().On("/v2/loop", Reply::Redirect(307, "/v2/loop"));
    fake_.Fault("/blobs/", fault.reply());
    const auto result = Discover(image.digest);
    ASSERT_FALSE(result.Complete()) << fault.name;
    EXPECT_EQ(result.unknown->error.code.str(), fault.reason.str())
        << fault.name << ": " << result.unknown->error.message;
    EXPECT_TRUE(result.materials.empty()) << fault.name;
  }
}

TEST_F(FalseAlarms, RetryAfterIsHandedOn) {
  const auto image = Image();
  fake_.Fault(".sig", Reply::Status(429).With("Retry-After", "37"));
  const auto result = Discover(image.digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->retry_after, std::chrono::seconds(37));
  EXPECT_EQ(result.unknown->http_status, 429);
  EXPECT_TRUE(result.unknown->error.retryable);
}

TEST_F(FalseAlarms, AHostThatCannotBeResolvedIsUnknown) {
  const auto image = Image();
  DiscoveryRequest request{.repository = *Repository::FromKey("no-such-host.invalid/team/app"),
                           .digest = *Digest::Parse(image.digest),
                           .places = {},
                           .access = {},
                           .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kRegistryUnreachable);
}

TEST_F(FalseAlarms, AHostThatRefusesConnectionsIsUnknown) {
  std::string host;
  {
    const fake::FaultServer gone;
    host = gone.host_port();
  }
  testing::TestRegistryClient::Options options;
  options.registries = {testing::PlainHost(host)};
  testing::TestRegistryClient client(std::move(options));
  DiscoveryRequest request{.repository = *Repository::FromKey(host + "/team/app"),
                           .digest = *Digest::Parse("sha256:" + std::string(64, 'a')),
                           .places = {},
                           .access = {},
                           .previous = {}};
  const auto result = client->Discover(request);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kRegistryUnreachable);
}

// The row "404 for the image and for its signatures, whoever is to blame".
TEST_F(FalseAlarms, AnImageThatIsNotThereProvesNoAbsence) {
  const auto image = Image();
  fake_.DeleteManifest(kRepo, image.digest);
  const auto result = Discover(image.digest);
  EXPECT_EQ(result.control, Control::kMissing);
  EXPECT_FALSE(result.ProvesAbsence());
}

TEST_F(FalseAlarms, ASignatureOfADeletedImageIsStillFound) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  fake_.DeleteManifest(kRepo, image.digest);
  const auto result = Discover(image.digest);
  EXPECT_EQ(result.control, Control::kMissing);
  EXPECT_THAT(result.materials, SizeIs(1));
}

TEST_F(FalseAlarms, WrongBytesUnderTheImagesDigestAreUnknown) {
  const auto image = Image();
  fake_.CorruptManifest(kRepo, image.digest, "{\"schemaVersion\":2}");
  const auto result = Discover(image.digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAnswerRefused);
  EXPECT_EQ(result.control, Control::kUnknown);
}

TEST_F(FalseAlarms, WrongBytesOfASignatureManifestAreUnknown) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  fake_.Fault(".sig", Reply::Ok("{\"schemaVersion\":2}", fake::kOciManifest)
                          .With("Docker-Content-Digest", "sha256:" + std::string(64, 'a')));
  const auto result = Discover(image.digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAnswerRefused);
}

TEST_F(FalseAlarms, WrongBytesOfAPayloadAreUnknown) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  fake_.CorruptBlob(kRepo, fake::DigestOf("payload"), "paylode");
  const auto result = Discover(image.digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAnswerRefused);
  EXPECT_TRUE(result.materials.empty());
}

TEST_F(FalseAlarms, ALoginPageOnHeadIsNoControl) {
  const auto image = Image();
  const auto first = Discover(image.digest);
  fake_.Fault("", Reply::Html(200));
  const auto second = Discover(image.digest, first.validators);
  EXPECT_FALSE(second.unchanged);
  ASSERT_FALSE(second.Complete());
  EXPECT_EQ(second.unknown->error.code, kAnswerRefused);
}

TEST_F(FalseAlarms, AGigabyteIsNotRead) {
  const auto image = Image();
  for (const bool declared : {true, false}) {
    fake_.ClearFaults();
    fake_.Fault(".sig", Reply::Endless(std::uint64_t{1} << 30, declared, fake::kOciManifest));
    const auto before = fake_.server().BytesSent();
    const auto result = Discover(image.digest);
    EXPECT_FALSE(result.ProvesAbsence());
    ASSERT_THAT(result.facts, SizeIs(1));
    EXPECT_EQ(result.facts[0].code, kLimitExceeded);
    EXPECT_LT(fake_.server().BytesSent() - before,
              (std::uint64_t{24} << 20) + testing::KernelBufferBytes());
  }
}

TEST_F(FalseAlarms, WhatWasFoundBeforeTheFaultIsHandedOver) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  fake_.Fault("/referrers/", Reply::Status(401));
  const auto result = Discover(image.digest);
  EXPECT_FALSE(result.Complete());
  EXPECT_THAT(result.materials, SizeIs(1));
}

TEST_F(FalseAlarms, AThrottlingHostIsNotAskedOn) {
  const auto image = Image();
  fake_.Fault(".sig", Reply::Status(429));
  const auto before = fake_.Requests().size();
  Discover(image.digest);
  EXPECT_EQ(fake_.Requests().size(), before + 2);
}

TEST_F(FalseAlarms, TheTimeForOneObservationIsBounded) {
  const auto image = Image();
  DiscoveryRequest request{.repository = Own(),
                           .digest = *Digest::Parse(image.digest),
                           .places = {},
                           .access = {},
                           .previous = {}};
  request.access.time_budget = std::chrono::milliseconds(300);
  fake_.Fault("", Reply::NoAnswer());
  const auto start = std::chrono::steady_clock::now();
  const auto result = (*client_)->Discover(request);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(result.Complete());
}

TEST_F(FalseAlarms, OurOwnBudgetIsThrottledNotUnsigned) {
  auto budget = testing::TestRegistryClient::FastBudget();
  budget.requests_per_second = 0.01;
  budget.burst = 2;
  budget.reserved_share = 0;
  testing::TestRegistryClient::Options options;
  options.budget = budget;
  Connect(std::move(options));
  const auto image = Image();
  const auto result = Discover(image.digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kRegistryThrottled);
  EXPECT_TRUE(result.unknown->retry_after);
}

TEST_F(FalseAlarms, HalfOfAHostsTokensAreKeptForTrustedRepositories) {
  auto budget = testing::TestRegistryClient::FastBudget();
  budget.requests_per_second = 0.01;
  budget.burst = 10;
  budget.reserved_share = 0.5;
  testing::TestRegistryClient::Options options;
  options.budget = budget;
  Connect(std::move(options));
  const auto image = Image();
  EXPECT_TRUE(Discover(image.digest).Complete());  // five requests
  EXPECT_FALSE(Discover(image.digest).Complete());
  DiscoveryRequest trusted{.repository = Own(),
                           .digest = *Digest::Parse(image.digest),
                           .places = {},
                           .access = {},
                           .previous = {}};
  trusted.access.priority = Priority::kTrusted;
  EXPECT_TRUE((*client_)->Discover(trusted).Complete());
}

}  // namespace
}  // namespace plimsoll::oci
