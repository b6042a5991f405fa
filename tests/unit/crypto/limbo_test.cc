// x509-limbo's path validation cases against VerifyChain.
//
// They are written for TLS servers. What applies is the path of RFC 5280: signatures, times, authorities,
// path lengths, name constraints, critical extensions. What does not apply, by name or feature of the case:
//  * webpki::*            rules of the CA/Browser Forum for public web servers, host names among them
//  * max-chain-depth      our limit is fixed
//  * pedantic-*, rfc5280-incompatible-with-webpki   rules that the case itself marks as not generally held
// A leaf without serverAuth or digitalSignature passes here: TLS allows it, and VerifyChain's own stricter
// rule comes after the path was found good.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include "crypto/chain.h"
#include "json/json.h"
#include "support/test_data/test_data.h"

namespace plimsoll::crypto {
namespace {

constexpr std::string_view kServerAuth = "1.3.6.1.5.5.7.3.1";

// Cases in which we differ on purpose, with the reason.
const std::map<std::string_view, std::string_view>& Differences() {
  static const std::map<std::string_view, std::string_view> differences{
      {"pathlen::validation-ignores-pathlen-in-leaf", "an authority is never taken for a leaf"},
      {"rfc5280::nc::nc-permits-invalid-dns-san",
       "the syntax of DNS names is not judged: no signer is known by one"}};
  return differences;
}

bool Applies(json::Value test) {
  if (test["id"].StringOrEmpty().starts_with("webpki::")) return false;
  for (auto feature = test["features"].first(); !feature.missing(); feature = feature.next()) {
    const std::string_view name = feature.StringOrEmpty();
    if (name == "max-chain-depth" || name.starts_with("pedantic-") ||
        name == "rfc5280-incompatible-with-webpki") {
      return false;
    }
  }
  return true;
}

Result<std::vector<Certificate>> ReadAll(json::Value list) {
  std::vector<Certificate> out;
  for (auto pem = list.first(); !pem.missing(); pem = pem.next()) {
    PLIMSOLL_ASSIGN(Certificate certificate, Certificate::FromPem(pem.StringOrEmpty()));
    out.push_back(std::move(certificate));
  }
  return out;
}

Status Judge(json::Value test) {
  PLIMSOLL_ASSIGN(const auto anchors, ReadAll(test["trusted_certs"]));
  PLIMSOLL_ASSIGN(const auto intermediates, ReadAll(test["untrusted_intermediates"]));
  PLIMSOLL_ASSIGN(const auto leaf, Certificate::FromPem(test["peer_certificate"].StringOrEmpty()));
  const std::string_view time = test["validation_time"].StringOrEmpty();
  const Time at = *ParseTime(time.empty() ? "2023-12-02T00:00:00Z" : time);
  const auto path = VerifyChain(leaf, {intermediates, anchors, at, kServerAuth});
  if (path) return {};
  const bool tls_allows =
      (path.error().code == kExtendedKeyUsageMismatch && !leaf.extended_key_usage()) ||
      (path.error().code == kKeyUsageMismatch && !leaf.key_usage()->key_cert_sign);
  if (tls_allows) return {};
  return Forward(path.error());
}

TEST(Limbo, PathsAreJudgedAsTheCasesSay) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const auto document =
      json::Document::Parse(test::ReadTestData("x509-limbo/limbo-2023-12-02.json"));
  ASSERT_TRUE(document) << document.error().message;
  int agreed = 0;
  int left_out = 0;
  std::set<std::string_view> differed;
  for (auto test = document->root()["testcases"].first(); !test.missing(); test = test.next()) {
    if (!Applies(test)) {
      ++left_out;
      continue;
    }
    const std::string_view id = test["id"].StringOrEmpty();
    const bool expected = test["expected_result"].StringOrEmpty() == "SUCCESS";
    const Status status = Judge(test);
    if (status.has_value() == expected) {
      ++agreed;
      continue;
    }
    const auto known = Differences().find(id);
    if (known == Differences().end()) {
      ADD_FAILURE() << id << ": expected " << (expected ? "success" : "failure") << ", "
                    << (status ? "accepted" : status.error().message);
    } else {
      differed.insert(id);
      std::cout << "x509-limbo differs: " << id << ": " << known->second << "\n";
    }
  }
  std::cout << "x509-limbo: " << agreed << " agree, " << differed.size() << " differ on purpose, "
            << left_out << " do not apply\n";
  EXPECT_EQ(differed.size(), Differences().size());
}

}  // namespace
}  // namespace plimsoll::crypto
