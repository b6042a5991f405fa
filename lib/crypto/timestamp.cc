#include "crypto/timestamp.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/encoding.h"
#include "base/printable.h"
#include "crypto/limits.h"
#include "timestamp_impl.h"

namespace plimsoll::crypto {

namespace {

tl::unexpected<Error> Malformed(std::string what) {
  return Fail(kMalformed, "time-stamp: " + std::move(what));
}

std::string Hex(const ASN1_INTEGER* number) {
  const std::string hex = HexEncode(ossl::View(number));
  const std::size_t first = hex.find_first_not_of('0');
  return first == std::string::npos ? "0" : hex.substr(first);
}

std::optional<int> Digits(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(from, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// YYYYMMDDhhmmss[.f...]Z (RFC 3161 section 2.4.2).
Result<Time> ReadGenTime(std::string_view text) {
  constexpr std::size_t kWhole = 14;
  constexpr std::size_t kMaxFraction = 18;
  const auto bad = [&] { return Malformed("genTime is not a time: " + Printable(text, 40)); };
  if (text.size() < kWhole + 1 || text.back() != 'Z') return bad();
  const auto year = Digits(text, 0, 4);
  std::array<int, 5> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = Digits(text, 4 + 2 * i, 2);
    if (!part) return bad();
    parts[i] = *part;
  }
  if (!year) return bad();
  const auto day = std::chrono::year(*year) / std::chrono::month(static_cast<unsigned>(parts[0])) /
                   std::chrono::day(static_cast<unsigned>(parts[1]));
  if (!day.ok() || *year < 1970 || parts[2] > 23 || parts[3] > 59 || parts[4] > 59) return bad();
  std::int64_t micros = 0;
  const std::string_view fraction = text.substr(kWhole, text.size() - kWhole - 1);
  if (!fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > kMaxFraction) return bad();
    std::string digits(fraction.substr(1));
    if (!Digits(digits, 0, 1) || digits.find_first_not_of("0123456789") != std::string::npos) {
      return bad();
    }
    digits.resize(6, '0');
    micros = *Digits(digits, 0, 6);
  }
  return Time(std::chrono::sys_days(day)) + std::chrono::hours(parts[2]) +
         std::chrono::minutes(parts[3]) + std::chrono::seconds(parts[4]) +
         std::chrono::microseconds(micros);
}

// A TSTInfo, RFC 3161 section 2.4.2.
Status ReadInfo(TimestampResponse::Impl& impl) {
  const auto info = ossl::DecodeAll<ossl::Info>(impl.content, d2i_TS_TST_INFO);
  if (info == nullptr) return Malformed("its TSTInfo does not decode");
  if (TS_TST_INFO_get_version(info.get()) != 1) return Malformed("TSTInfo is not of version 1");
  for (int i = 0; i < TS_TST_INFO_get_ext_count(info.get()); ++i) {
    if (X509_EXTENSION_get_critical(TS_TST_INFO_get_ext(info.get(), i)) != 0) {
      return Fail(kUnknownCriticalExtension, "time-stamp: TSTInfo has a critical extension");
    }
  }
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info.get());
  impl.imprint_hash = NidOf(TS_MSG_IMPRINT_get_algo(imprint));
  impl.imprint = ToBytes(ossl::View(TS_MSG_IMPRINT_get_msg(imprint)));
  PLIMSOLL_ASSIGN(const Bytes example, HashByNid(impl.imprint_hash, {}));
  if (example.size() != impl.imprint.size()) return Malformed("imprint of a wrong length");
  impl.policy = ossl::DottedOid(TS_TST_INFO_get_policy_id(info.get()));
  impl.serial = Hex(TS_TST_INFO_get_serial(info.get()));
  PLIMSOLL_ASSIGN(impl.time, ReadGenTime(AsText(ossl::View(TS_TST_INFO_get_time(info.get())))));
  return {};
}

Status ReadCertificates(TimestampResponse::Impl& impl) {
  const STACK_OF(X509)* embedded = impl.signed_data->cert;
  const int count = embedded == nullptr ? 0 : sk_X509_num(embedded);
  if (count > static_cast<int>(kLimits.max_certificates)) {
    return Fail(kLimitExceeded, "time-stamp: " + std::to_string(count) + " certificates");
  }
  for (int i = 0; i < count; ++i) {
    const Bytes der = ossl::EncodeDer(sk_X509_value(embedded, i), i2d_X509);
    PLIMSOLL_ASSIGN(Certificate certificate, Certificate::FromDer(der));
    impl.certificates.push_back(std::move(certificate));
  }
  return {};
}

// A ContentInfo of SignedData over a TSTInfo with one SignerInfo, RFC 3161 section 2.4.2.
Status ReadToken(TimestampResponse::Impl& impl, const PKCS7* token) {
  if (PKCS7_type_is_signed(token) == 0 || token->d.sign == nullptr) {
    return Malformed("its token is not SignedData");
  }
  impl.signed_data = token->d.sign;
  const PKCS7* content = impl.signed_data->contents;
  if (content == nullptr || OBJ_obj2nid(content->type) != NID_id_smime_ct_TSTInfo ||
      content->d.other == nullptr || content->d.other->type != V_ASN1_OCTET_STRING) {
    return Malformed("its content is not a TSTInfo");
  }
  impl.content = ossl::View(content->d.other->value.octet_string);
  STACK_OF(PKCS7_SIGNER_INFO)* signers = impl.signed_data->signer_info;
  if (sk_PKCS7_SIGNER_INFO_num(signers) != 1) {
    return Malformed("it has " + std::to_string(std::max(sk_PKCS7_SIGNER_INFO_num(signers), 0)) +
                     " signers, expected one");
  }
  impl.signer = sk_PKCS7_SIGNER_INFO_value(signers, 0);
  if (ASN1_INTEGER_get(impl.signer->version) != 1) {
    return Malformed("its SignerInfo is not of version 1");
  }
  PLIMSOLL_TRY(ReadInfo(impl));
  return ReadCertificates(impl);
}

Status CheckGranted(TS_RESP* response) {
  constexpr long kGrantedWithMods = 1;
  const long status =
      ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));
  if (status < 0 || status > kGrantedWithMods) {
    return Fail(kTimestampNotGranted, "time-stamp: the authority answered with status " +
                                          std::to_string(status) + ", expected 0, granted");
  }
  return {};
}

}  // namespace

Result<Bytes> HashByNid(int nid, ByteView bytes) {
  switch (nid) {
    case NID_sha256:
      return ToBytes(Sha256(bytes));
    case NID_sha384:
      return Sha384(bytes);
    case NID_sha512:
      return Sha512(bytes);
    default:
      return Fail(kTimestampHashRefused,
                  "time-stamp: digest algorithm " +
                      std::string(nid == NID_undef ? "unknown" : OBJ_nid2sn(nid)) +
                      "; expected SHA-256, SHA-384 or SHA-512");
  }
}

int NidOf(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* id = nullptr;
  X509_ALGOR_get0(&id, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(id);
}

Result<TimestampAuthority> TimestampAuthority::FromChain(std::vector<Certificate> chain,
                                                         Window window) {
  if (chain.empty()) {
    return Fail(kInvalidArgument, "a time-stamp authority needs at least one certificate");
  }
  TimestampAuthority authority;
  authority.window = window;
  authority.roots.push_back(chain.back());
  chain.pop_back();
  if (!chain.empty()) {
    authority.signer = chain.front();
    authority.intermediates.assign(chain.begin() + 1, chain.end());
  }
  return authority;
}

Result<TimestampResponse> TimestampResponse::FromDer(ByteView der) {
  const ossl::CleanQueue queue;
  if (der.size() > kLimits.max_timestamp_bytes) {
    return Fail(kLimitExceeded, "time-stamp of " + std::to_string(der.size()) + " bytes, at most " +
                                    std::to_string(kLimits.max_timestamp_bytes) + " are read");
  }
  auto impl = std::make_shared<Impl>();
  impl->response = ossl::DecodeAll<ossl::Response>(der, d2i_TS_RESP);
  if (impl->response == nullptr) return Malformed("not a TimeStampResp in DER");
  PLIMSOLL_TRY(CheckGranted(impl->response.get()));
  const PKCS7* token = TS_RESP_get_token(impl->response.get());
  if (token == nullptr) return Malformed("granted, and without a token");
  PLIMSOLL_TRY(ReadToken(*impl, token));
  return TimestampResponse(std::move(impl));
}

Time TimestampResponse::time() const { return impl_->time; }
std::string TimestampResponse::Policy() const { return impl_->policy; }
std::string TimestampResponse::SerialHex() const { return impl_->serial; }
const std::vector<Certificate>& TimestampResponse::certificates() const {
  return impl_->certificates;
}

}  // namespace plimsoll::crypto
