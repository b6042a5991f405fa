// The registry client against Debian's docker-registry: no referrers API, TLS with a private authority, Basic
// authentication.
#include <gmock/gmock.h>

#include "real_registry.h"

namespace plimsoll::oci {
namespace {

namespace kit = ::plimsoll::testing;
using ::testing::SizeIs;

TEST_F(RealRegistry, AnUnsignedImageIsAnAuthoritativeAbsence) {
  const auto digest = PushImage();
  const auto result = Discover(digest);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_TRUE(result.ProvesAbsence());
}

TEST_F(RealRegistry, SignaturesAreFoundInEveryFormThatItCanHold) {
  const auto digest = PushImage();
  PushSignature(digest);
  PushBundle(digest);
  const auto result = Discover(digest);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  ASSERT_THAT(result.materials, SizeIs(2));
  EXPECT_EQ(result.materials[0].storage, StorageForm::kSignatureTag);
  EXPECT_EQ(result.materials[1].storage, StorageForm::kReferrerTag);
  EXPECT_TRUE(result.facts.empty());
}

TEST_F(RealRegistry, AnUnchangedImageCostsNoManifestGet) {
  const auto digest = PushImage();
  PushSignature(digest);
  const auto first = Discover(digest);
  const auto second = Discover(digest, first.validators);
  EXPECT_TRUE(second.unchanged);
  EXPECT_EQ(second.requests.manifest_gets, 0u);
  PushBundle(digest);
  EXPECT_FALSE(Discover(digest, second.validators).unchanged);
}

TEST_F(RealRegistry, ADeletedImageProvesNothing) {
  const auto digest = PushImage();
  ASSERT_EQ(Delete(digest), 202);
  const auto result = Discover(digest);
  EXPECT_EQ(result.control, Control::kMissing);
  EXPECT_FALSE(result.ProvesAbsence());
}

TEST_F(RealRegistry, TagsAreListedAndResolved) {
  const auto digest = PushImage();
  PushSignature(digest);
  EXPECT_EQ((*client_)->ResolveTag(Own(), "v1", {})->digest.text(), digest);
  EXPECT_EQ((*client_)->ResolveTag(Own(), "v2", {}).error().error.code, kDigestNotInRepository);
  EXPECT_THAT((*client_)->ListTags(Own(), {})->tags, SizeIs(2));
}

TEST_F(RealRegistry, BasicAuthenticationOverTlsWithAPrivateAuthority) {
  const auto digest = PushImage();
  PushSignature(digest);
  const auto host = StartGuarded(BasicAuth());
  Connect({kit::TlsHost(host, ca_file_)});

  const auto anonymous = Discover(digest);
  ASSERT_FALSE(anonymous.Complete());
  EXPECT_EQ(anonymous.unknown->error.code, kAuthenticationFailed);

  Access access;
  access.pull_secrets = {Secret(host)};
  const auto result = Discover(digest, {}, access);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.credential, CredentialKind::kPullSecret);

  const auto report = (*client_)->CheckAccess(*Reference::Parse(host + "/team/app:v1"), access);
  ASSERT_EQ(report.used, 1u);
  EXPECT_EQ(report.attempts[0].http_status, 401);
}

TEST_F(RealRegistry, ACertificateOfAnUnknownAuthorityIsUnknown) {
  const auto digest = PushImage();
  Connect({kit::TlsHost(StartGuarded(BasicAuth()), "")});
  const auto result = Discover(digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kRegistryUnreachable);
}

TEST_F(RealRegistry, ARegistryThatIsStoppedIsUnknown) {
  const auto digest = PushImage();
  const auto first = Discover(digest);
  plain_->Terminate();
  plain_.reset();
  const auto second = Discover(digest, first.validators);
  ASSERT_FALSE(second.Complete());
  EXPECT_EQ(second.unknown->error.code, kRegistryUnreachable);
}

}  // namespace
}  // namespace plimsoll::oci
