// Sigstore's public-good instance: the public keys and certificates of its certificate authorities,
// transparency logs, CT logs and timestamp authority, with the windows that its operators state
// (sigstore/root-signing, September 2025).
#include <array>
#include <cstdlib>

#include "base/encoding.h"
#include "sigstore/trust_root.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::string_view kDate = "2025-09-23T00:00:00Z";

struct LogConstants {
  std::string_view base_url;
  std::string_view key;  // SubjectPublicKeyInfo, base64
  std::string_view key_details;
  std::string_view key_id;  // base64
  std::string_view start;
  std::string_view end;  // empty: open
};

constexpr LogConstants kLogs[] = {
    {"https://rekor.sigstore.dev",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8"
     "Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==",
     "PKIX_ECDSA_P256_SHA_256",
     "wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=", "2021-01-12T11:53:27Z", ""},
    {"https://log2025-1.rekor.sigstore.dev",
     "MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=", "PKIX_ED25519",
     "zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=", "2025-09-23T00:00:00Z", ""},
};

constexpr LogConstants kCtLogs[] = {
    {"https://ctfe.sigstore.dev/test",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbfwR+RJudXscgRBRpKX1XFDy3PyudDxz/SfnRi1fT8ekpfBd2O1uoz7j"
     "r3Z8nKzxA69EUQ+eFCFI3zeubPWU7w==",
     "PKIX_ECDSA_P256_SHA_256", "CGCS8ChS/2hF0dFrJ4ScRWcYrBY9wzjSbea8IgY2b3I=",
     "2021-03-14T00:00:00Z", "2022-10-31T23:59:59.999Z"},
    {"https://ctfe.sigstore.dev/2022",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiPSlFi0CmFTfEjCUqF9HuCEcYXNKAaYalIJmBZ8yyezPjTqhxrKBpMna"
     "ocVtLJBI1eM3uXnQzQGAJdJ4gs9Fyw==",
     "PKIX_ECDSA_P256_SHA_256",
     "3T0wasbHETJjGR4cmWc3AqJKXrjePK3/h4pygC8p7o4=", "2022-10-20T00:00:00Z", ""},
};

// subject=O = sigstore.dev, CN = sigstore; issuer=O = sigstore.dev, CN = sigstore; notAfter=Feb 23 03:20:29 2031 GMT
constexpr std::string_view kFulcioRoot2021 =
    "MIIB+DCCAX6gAwIBAgITNVkDZoCiofPDsy7dfm6geLbuhzAKBggqhkjOPQQDAzAqMRUwEwYDVQQKEwxzaWdzdG9yZS5kZ"
    "XYxETAPBgNVBAMTCHNpZ3N0b3JlMB4XDTIxMDMwNzAzMjAyOVoXDTMxMDIyMzAzMjAyOVowKjEVMBMGA1UEChMMc2lnc3"
    "RvcmUuZGV2MREwDwYDVQQDEwhzaWdzdG9yZTB2MBAGByqGSM49AgEGBSuBBAAiA2IABLSyA7Ii5k+pNO8ZEWY0ylemWDo"
    "wOkNa3kL+GZE5Z5GWehL9/A9bRNA3RbrsZ5i0JcastaRL7Sp5fp/jD5dxqc/UdTVnlvS16an+2Yfswe/QuLolRUCrcOE2"
    "+2iA5+tzd6NmMGQwDgYDVR0PAQH/BAQDAgEGMBIGA1UdEwEB/wQIMAYBAf8CAQEwHQYDVR0OBBYEFMjFHQBBmiQpMlEk6"
    "w2uSu1KBtPsMB8GA1UdIwQYMBaAFMjFHQBBmiQpMlEk6w2uSu1KBtPsMAoGCCqGSM49BAMDA2gAMGUCMH8liWJfMui6vX"
    "XBhjDgY4MwslmN/TJxVe/83WrFomwmNf056y1X48F9c4m3a3ozXAIxAKjRay5/aj/jsKKGIkmQatjI8uupHr/+CxFvaJW"
    "mpYqNkLDGRU+9orzh5hI2RrcuaQ==";

// subject=O = sigstore.dev, CN = sigstore-intermediate; issuer=O = sigstore.dev, CN = sigstore; notAfter=Oct  5 13:56:58 2031 GMT
constexpr std::string_view kFulcioIntermediate2022 =
    "MIICGjCCAaGgAwIBAgIUALnViVfnU0brJasmRkHrn/UnfaQwCgYIKoZIzj0EAwMwKjEVMBMGA1UEChMMc2lnc3RvcmUuZ"
    "GV2MREwDwYDVQQDEwhzaWdzdG9yZTAeFw0yMjA0MTMyMDA2MTVaFw0zMTEwMDUxMzU2NThaMDcxFTATBgNVBAoTDHNpZ3"
    "N0b3JlLmRldjEeMBwGA1UEAxMVc2lnc3RvcmUtaW50ZXJtZWRpYXRlMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE8RVS/ys"
    "H+NOvuDZyPIZtilgUF9NlarYpAd9HP1vBBH1U5CV77LSS7s0ZiH4nE7Hv7ptS6LvvR/STk798LVgMzLlJ4HeIfF3tHSae"
    "xLcYpSASr1kS0N/RgBJz/9jWCiXno3sweTAOBgNVHQ8BAf8EBAMCAQYwEwYDVR0lBAwwCgYIKwYBBQUHAwMwEgYDVR0TA"
    "QH/BAgwBgEB/wIBADAdBgNVHQ4EFgQU39Ppz1YkEZb5qNjpKFWixi4YZD8wHwYDVR0jBBgwFoAUWMAeX5FFpWapesyQoZ"
    "Mi0CrFxfowCgYIKoZIzj0EAwMDZwAwZAIwPCsQK4DYiZYDPIaDi5HFKnfxXx6ASSVmERfsynYBiX2X6SJRnZU84/9DZdn"
    "FvvxmAjBOt6QpBlc4J/0DxvkTCqpclvziL6BCCPnjdlIB3Pu3BxsPmygUY7Ii2zbdCdliiow=";

// subject=O = sigstore.dev, CN = sigstore; issuer=O = sigstore.dev, CN = sigstore; notAfter=Oct  5 13:56:58 2031 GMT
constexpr std::string_view kFulcioRoot2022 =
    "MIIB9zCCAXygAwIBAgIUALZNAPFdxHPwjeDloDwyYChAO/4wCgYIKoZIzj0EAwMwKjEVMBMGA1UEChMMc2lnc3RvcmUuZ"
    "GV2MREwDwYDVQQDEwhzaWdzdG9yZTAeFw0yMTEwMDcxMzU2NTlaFw0zMTEwMDUxMzU2NThaMCoxFTATBgNVBAoTDHNpZ3"
    "N0b3JlLmRldjERMA8GA1UEAxMIc2lnc3RvcmUwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAAT7XeFT4rb3PQGwS4IajtLk3/O"
    "lnpgangaBclYpsYBr5i+4ynB07ceb3LP0OIOZdxexX69c5iVuyJRQ+Hz05yi+UF3uBWAlHpiS5sh0+H2GHE7SXrk1EC5m"
    "1Tr19L9gg92jYzBhMA4GA1UdDwEB/wQEAwIBBjAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBRYwB5fkUWlZql6zJChk"
    "yLQKsXF+jAfBgNVHSMEGDAWgBRYwB5fkUWlZql6zJChkyLQKsXF+jAKBggqhkjOPQQDAwNpADBmAjEAj1nHeXZp+13NWB"
    "Na+EDsDP8G1WWg1tCMWP/WHPqpaVo0jhsweNFZgSs0eE7wYI4qAjEA2WB9ot98sIkoF3vZYdd3/VtWB5b9TNMea7Ix/st"
    "J5TfcLLeABLE4BNJOsQ4vnBHJ";

// subject=O = sigstore.dev, CN = sigstore-tsa; issuer=O = sigstore.dev, CN = sigstore-tsa-selfsigned; notAfter=Apr  6 06:59:43 2035 GMT
constexpr std::string_view kTimestampLeaf2025 =
    "MIICEDCCAZagAwIBAgIUOhNULwyQYe68wUMvy4qOiyojiwwwCgYIKoZIzj0EAwMwOTEVMBMGA1UEChMMc2lnc3RvcmUuZ"
    "GV2MSAwHgYDVQQDExdzaWdzdG9yZS10c2Etc2VsZnNpZ25lZDAeFw0yNTA0MDgwNjU5NDNaFw0zNTA0MDYwNjU5NDNaMC"
    "4xFTATBgNVBAoTDHNpZ3N0b3JlLmRldjEVMBMGA1UEAxMMc2lnc3RvcmUtdHNhMHYwEAYHKoZIzj0CAQYFK4EEACIDYgA"
    "E4ra2Z8hKNig2T9kFjCAToGG30jky+WQv3BzL+mKvh1SKNR/UwuwsfNCg4sryoYAd8E6isovVA3M4aoNdm9QDi50Z8nTE"
    "yvqgfDPtTIwXItfiW/AFf1V7uwkbkAoj0xxco2owaDAOBgNVHQ8BAf8EBAMCB4AwHQYDVR0OBBYEFIn9eUOHz9BlRsMCR"
    "scsc1t9tOsDMB8GA1UdIwQYMBaAFJjsAe9/u1H/1JUeb4qImFMHic6/MBYGA1UdJQEB/wQMMAoGCCsGAQUFBwMIMAoGCC"
    "qGSM49BAMDA2gAMGUCMDtpsV/6KaO0qyF/UMsX2aSUXKQFdoGTptQGc0ftq1csulHPGG6dsmyMNd3JB+G3EQIxAOajvBc"
    "jpJmKb4Nv+2Taoj8Uc5+b6ih6FXCCKraSqupe07zqswMcXJTe1cExvHvvlw==";

// subject=O = sigstore.dev, CN = sigstore-tsa-selfsigned; issuer=O = sigstore.dev, CN = sigstore-tsa-selfsigned; notAfter=Apr  6 06:59:43 2035 GMT
constexpr std::string_view kTimestampRoot2025 =
    "MIIB9zCCAXygAwIBAgIUV7f0GLDOoEzIh8LXSW80OJiUp14wCgYIKoZIzj0EAwMwOTEVMBMGA1UEChMMc2lnc3RvcmUuZ"
    "GV2MSAwHgYDVQQDExdzaWdzdG9yZS10c2Etc2VsZnNpZ25lZDAeFw0yNTA0MDgwNjU5NDNaFw0zNTA0MDYwNjU5NDNaMD"
    "kxFTATBgNVBAoTDHNpZ3N0b3JlLmRldjEgMB4GA1UEAxMXc2lnc3RvcmUtdHNhLXNlbGZzaWduZWQwdjAQBgcqhkjOPQI"
    "BBgUrgQQAIgNiAAQUQNtfRT/ou3YATa6wB/kKTe70cfJwyRIBovMnt8RcJph/COE82uyS6FmppLLL1VBPGcPfpQPYJNXz"
    "Wwi8icwhKQ6W/Qe2h3oebBb2FHpwNJDqo+TMaC/tdfkv/ElJB72jRTBDMA4GA1UdDwEB/wQEAwIBBjASBgNVHRMBAf8EC"
    "DAGAQH/AgEAMB0GA1UdDgQWBBSY7AHvf7tR/9SVHm+KiJhTB4nOvzAKBggqhkjOPQQDAwNpADBmAjEAwGEGrfGZR1cen1"
    "R8/DTVMI943LssZmJRtDp/i7SfGHmGRP6gRbuj9vOK3b67Z0QQAjEAuT2H673LQEaHTcyQSZrkp4mX7WwkmF+sVbkYY5m"
    "XN+RMH13KUEHHOqASaemYWK/E";

struct AuthorityConstants {
  std::string_view uri;
  std::array<std::string_view, 2> chain;  // issuing certificate first; an empty one is none
  std::string_view start;
  std::string_view end;
};

constexpr AuthorityConstants kCertificateAuthorities[] = {
    {"https://fulcio.sigstore.dev",
     {kFulcioRoot2021, ""},
     "2021-03-07T03:20:29Z",
     "2022-12-31T23:59:59.999Z"},
    {"https://fulcio.sigstore.dev",
     {kFulcioIntermediate2022, kFulcioRoot2022},
     "2022-04-13T20:06:15Z",
     ""},
};

constexpr AuthorityConstants kTimestampAuthorities[] = {
    {"https://timestamp.sigstore.dev/api/v1/timestamp",
     {kTimestampLeaf2025, kTimestampRoot2025},
     "2025-07-04T00:00:00Z",
     ""},
};

// The constants above are ours: one that does not decode is a defect of this file.
template <class T>
T Must(Result<T> result) {
  if (!result) std::abort();
  return std::move(*result);
}
void Must(const Status& status) {
  if (!status) std::abort();
}

std::optional<Time> MomentOf(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return Must(ParseTime(text));
}

TrustRootBuilder::LogFacts FactsOf(const LogConstants& log) {
  return {std::string(log.base_url),
          Must(Base64Decode(log.key)),
          std::string(log.key_details),
          Must(Base64Decode(log.key_id)),
          {},
          {MomentOf(log.start), MomentOf(log.end)}};
}

std::vector<Bytes> ChainOf(const AuthorityConstants& authority) {
  std::vector<Bytes> chain;
  for (const std::string_view certificate : authority.chain) {
    if (!certificate.empty()) chain.push_back(Must(Base64Decode(certificate)));
  }
  return chain;
}

std::shared_ptr<const TrustRoot::Impl> BuildPublicGood() {
  TrustRootBuilder builder{Limits{}};
  for (const LogConstants& log : kLogs) Must(builder.AddLog(FactsOf(log)));
  for (const LogConstants& log : kCtLogs) Must(builder.AddCtLog(FactsOf(log)));
  for (const AuthorityConstants& ca : kCertificateAuthorities) {
    Must(builder.AddAuthority(ca.uri, ChainOf(ca), {MomentOf(ca.start), MomentOf(ca.end)}));
  }
  for (const AuthorityConstants& tsa : kTimestampAuthorities) {
    Must(builder.AddTimestampAuthority(tsa.uri, ChainOf(tsa),
                                       {MomentOf(tsa.start), MomentOf(tsa.end)}));
  }
  return Must(std::move(builder).Build());
}

}  // namespace

TrustRoot TrustRoot::PublicGood() { return TrustRoot(BuildPublicGood()); }

Time TrustRoot::PublicGoodDate() { return Must(ParseTime(kDate)); }

}  // namespace plimsoll::sigstore
