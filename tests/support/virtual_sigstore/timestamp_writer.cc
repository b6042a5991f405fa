#include "support/virtual_sigstore/timestamp_writer.h"

#include <openssl/evp.h>

#include "support/virtual_sigstore/der_writer.h"

namespace plimsoll::test {
namespace {

constexpr std::string_view kOidTstInfo = "1.2.840.113549.1.9.16.1.4";

Bytes HashOf(ImprintHash hash, ByteView data) {
  switch (hash) {
    case ImprintHash::kSha256:
      return ToBytes(Sha256(data));
    case ImprintHash::kSha384:
      return Sha384(data);
    case ImprintHash::kSha512:
      return Sha512(data);
    case ImprintHash::kSha1:
      break;
  }
  Bytes digest(20);
  std::size_t size = digest.size();
  EVP_Q_digest(nullptr, "SHA1", nullptr, data.data(), data.size(), digest.data(), &size);
  return digest;
}

Bytes HashIdentifier(ImprintHash hash) {
  constexpr std::string_view kOids[] = {"1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1",
                                        "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"};
  return der::Sequence({der::Oid(kOids[static_cast<std::size_t>(hash)])});
}

crypto::SignatureAlgorithm AlgorithmOf(const TimestampSpec& spec, const TestKey& key) {
  if (spec.algorithm) return *spec.algorithm;
  using A = crypto::SignatureAlgorithm;
  if (key.type() == KeyType::kEd25519) return A::kEd25519;
  const bool rsa = key.DefaultAlgorithm() == A::kRsaPkcs1Sha256;
  switch (spec.digest) {
    case ImprintHash::kSha384:
      return rsa ? A::kRsaPkcs1Sha384 : A::kEcdsaSha384;
    case ImprintHash::kSha512:
      return rsa ? A::kRsaPkcs1Sha512 : A::kEcdsaSha512;
    default:
      return rsa ? A::kRsaPkcs1Sha256 : A::kEcdsaSha256;
  }
}

Bytes InfoDer(const TimestampSpec& spec, ByteView data) {
  const Bytes imprint = spec.imprint ? *spec.imprint : HashOf(spec.imprint_hash, data);
  std::vector<Bytes> fields{
      der::Integer(spec.version), der::Oid(spec.policy),
      der::Sequence({HashIdentifier(spec.imprint_hash), der::OctetString(imprint)}),
      der::Integer(ByteView(spec.serial)),
      spec.gen_time ? der::Tagged(0x18, AsBytes(*spec.gen_time)) : der::GeneralizedTime(spec.time)};
  if (spec.critical_extension) {
    fields.push_back(
        der::Explicit(1, der::Sequence({der::Oid("1.3.6.1.4.1.57264.9.9"), der::Boolean(true),
                                        der::OctetString(der::Null())})));
  }
  return der::Sequence(fields);
}

Bytes AttributeDer(std::string_view oid, const Bytes& value) {
  return der::Sequence({der::Oid(oid), der::SetOf({value})});
}

std::vector<Bytes> Attributes(const TimestampSpec& spec, const Bytes& content,
                              const TimestampSigner& signer) {
  std::vector<Bytes> list;
  if (spec.content_type) {
    list.push_back(AttributeDer("1.2.840.113549.1.9.3", der::Oid(kOidTstInfo)));
  }
  if (spec.message_digest) {
    Bytes digest = HashOf(spec.digest, content);
    if (spec.damage_message_digest) digest[0] ^= 1;
    list.push_back(AttributeDer("1.2.840.113549.1.9.4", der::OctetString(digest)));
  }
  const Bytes& named = spec.ess_certificate ? *spec.ess_certificate : signer.certificate;
  const auto signing_certificate = [&](ImprintHash hash) {
    return der::Sequence({der::Sequence({der::Sequence({der::OctetString(HashOf(hash, named))})})});
  };
  if (spec.ess_v1) {
    list.push_back(
        AttributeDer("1.2.840.113549.1.9.16.2.12", signing_certificate(ImprintHash::kSha1)));
  }
  if (spec.ess_v2) {
    list.push_back(
        AttributeDer("1.2.840.113549.1.9.16.2.47", signing_certificate(ImprintHash::kSha256)));
  }
  return list;
}

Bytes SignerDer(const TimestampSpec& spec, const Bytes& content, const TimestampSigner& signer) {
  const auto algorithm = AlgorithmOf(spec, *signer.key);
  const Bytes attributes = der::SetOf(Attributes(spec, content, signer));
  Bytes signature = signer.key->Sign(algorithm, attributes);
  if (spec.damage_signature) signature.back() ^= 1;
  Bytes tagged = attributes;
  tagged[0] = 0xa0;  // [0] IMPLICIT in place of SET
  return der::Sequence({der::Integer(1),
                        spec.issuer_and_serial ? *spec.issuer_and_serial : signer.issuer_and_serial,
                        HashIdentifier(spec.digest), tagged,
                        TestKey::AlgorithmIdentifier(algorithm), der::OctetString(signature)});
}

}  // namespace

Bytes WriteTimestamp(const TimestampSpec& spec, ByteView data, const TimestampSigner& signer) {
  const Bytes status = der::Sequence({der::Integer(spec.status)});
  if (!spec.token) return der::Sequence({status});
  const Bytes content = InfoDer(spec, data);
  std::vector<Bytes> signers{SignerDer(spec, content, signer)};
  if (spec.second_signer) {
    TimestampSpec other = spec;
    other.digest = ImprintHash::kSha512;
    signers.push_back(SignerDer(other, content, signer));
  }
  std::vector<Bytes> fields{
      der::Integer(3), der::SetOf({HashIdentifier(spec.digest)}),
      der::Sequence({der::Oid(kOidTstInfo), der::Explicit(0, der::OctetString(content))})};
  if (!spec.certificates.empty()) {
    fields.push_back(der::Explicit(0, der::Concat(spec.certificates)));
  }
  fields.push_back(der::SetOf(signers));
  const Bytes token =
      der::Sequence({der::Oid("1.2.840.113549.1.7.2"), der::Explicit(0, der::Sequence(fields))});
  return der::Sequence({status, token});
}

}  // namespace plimsoll::test
