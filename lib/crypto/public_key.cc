#include "crypto/public_key.h"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/printable.h"
#include "crypto/limits.h"
#include "der.h"
#include "pem.h"
#include "public_key_impl.h"

namespace plimsoll::crypto {

struct PublicKeyAccess {
  static PublicKey Make(std::shared_ptr<const PublicKey::Impl> impl) {
    return PublicKey(std::move(impl));
  }
};

namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr int kMaxExponentBits = 31;

struct Curve {
  std::string_view name;  // as OSSL_PKEY_PARAM_GROUP_NAME has it
  KeyKind kind;
  int bits;
};
constexpr std::array kCurves{Curve{"prime256v1", KeyKind::kP256, 256},
                             Curve{"secp384r1", KeyKind::kP384, 384},
                             Curve{"secp521r1", KeyKind::kP521, 521}};

// The y coordinates of the points whose order divides 8, their non-canonical forms too, sign bit cleared:
// under such a key one signature verifies for any message.
constexpr std::array<std::array<std::uint8_t, 32>, 7> kSmallOrderPoints{{
    {0x00},
    {0x01},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
}};

Status CheckCurve(PublicKey::Impl& impl) {
  char name[64] = "";
  std::size_t length = 0;
  EVP_PKEY_get_utf8_string_param(impl.key.get(), OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name,
                                 &length);
  const auto* curve =
      std::find_if(kCurves.begin(), kCurves.end(), [&](const Curve& c) { return c.name == name; });
  if (curve == kCurves.end()) {
    return Fail(kUnsupportedAlgorithm,
                "EC curve " + Printable(name) + "; expected P-256, P-384 or P-521");
  }
  impl.kind = curve->kind;
  impl.bits = curve->bits;
  const ossl::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, impl.key.get(), nullptr));
  // The cofactor of these curves is 1, so a point on the curve other than infinity is in the group.
  if (context == nullptr || EVP_PKEY_public_check_quick(context.get()) != 1) {
    return Fail(kKeyInvalid, "the EC key is not a point of its curve");
  }
  return {};
}

Status CheckEdwards(PublicKey::Impl& impl) {
  impl.kind = KeyKind::kEd25519;
  impl.bits = 256;
  std::array<std::uint8_t, 32> point{};
  std::size_t length = point.size();
  if (EVP_PKEY_get_raw_public_key(impl.key.get(), point.data(), &length) != 1 || length != 32) {
    return Fail(kKeyInvalid, "the Ed25519 key is not 32 bytes");
  }
  point[31] &= 0x7f;
  if (std::find(kSmallOrderPoints.begin(), kSmallOrderPoints.end(), point) !=
      kSmallOrderPoints.end()) {
    return Fail(kKeyInvalid, "the Ed25519 key is a point of small order");
  }
  return {};
}

Status CheckRsa(PublicKey::Impl& impl) {
  impl.kind = KeyKind::kRsa;
  impl.bits = EVP_PKEY_get_bits(impl.key.get());
  if (impl.bits < kMinRsaBits || impl.bits > kMaxRsaBits) {
    return Fail(kKeySizeRefused, "RSA key of " + std::to_string(impl.bits) + " bits; expected " +
                                     std::to_string(kMinRsaBits) + " to " +
                                     std::to_string(kMaxRsaBits));
  }
  BIGNUM* n = nullptr;
  BIGNUM* e = nullptr;
  EVP_PKEY_get_bn_param(impl.key.get(), OSSL_PKEY_PARAM_RSA_N, &n);
  const ossl::Number modulus(n);
  EVP_PKEY_get_bn_param(impl.key.get(), OSSL_PKEY_PARAM_RSA_E, &e);
  const ossl::Number exponent(e);
  if (modulus == nullptr || exponent == nullptr || BN_is_odd(n) == 0 || BN_is_negative(n) != 0 ||
      BN_is_odd(e) == 0 || BN_is_one(e) != 0 || BN_is_negative(e) != 0 ||
      BN_num_bits(e) > kMaxExponentBits) {
    return Fail(kKeyInvalid,
                "the RSA key has an even modulus or an exponent that is not odd and from 3 to "
                "2^31-1");
  }
  return {};
}

Status CheckKind(PublicKey::Impl& impl) {
  EVP_PKEY* key = impl.key.get();
  if (EVP_PKEY_is_a(key, "EC") == 1) return CheckCurve(impl);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return CheckEdwards(impl);
  if (EVP_PKEY_is_a(key, "RSA") == 1) return CheckRsa(impl);
  const char* name = EVP_PKEY_get0_type_name(key);
  return Fail(kUnsupportedAlgorithm, "key of type " +
                                         Printable(name != nullptr ? name : "unknown") +
                                         "; expected EC, Ed25519 or RSA");
}

struct Scheme {
  SignatureAlgorithm algorithm;
  std::string_view name;
  std::string_view hash;  // empty: the scheme hashes by itself
  bool pss = false;
};
constexpr std::array kSchemes{
    Scheme{SignatureAlgorithm::kEcdsaSha256, "ECDSA with SHA-256", "SHA256"},
    Scheme{SignatureAlgorithm::kEcdsaSha384, "ECDSA with SHA-384", "SHA384"},
    Scheme{SignatureAlgorithm::kEcdsaSha512, "ECDSA with SHA-512", "SHA512"},
    Scheme{SignatureAlgorithm::kEd25519, "Ed25519", ""},
    Scheme{SignatureAlgorithm::kEd25519ph, "Ed25519ph", ""},
    Scheme{SignatureAlgorithm::kRsaPkcs1Sha256, "RSA PKCS#1 v1.5 with SHA-256", "SHA256"},
    Scheme{SignatureAlgorithm::kRsaPkcs1Sha384, "RSA PKCS#1 v1.5 with SHA-384", "SHA384"},
    Scheme{SignatureAlgorithm::kRsaPkcs1Sha512, "RSA PKCS#1 v1.5 with SHA-512", "SHA512"},
    Scheme{SignatureAlgorithm::kRsaPssSha256, "RSA PSS with SHA-256", "SHA256", true},
    Scheme{SignatureAlgorithm::kRsaPssSha384, "RSA PSS with SHA-384", "SHA384", true},
    Scheme{SignatureAlgorithm::kRsaPssSha512, "RSA PSS with SHA-512", "SHA512", true},
};

const Scheme& SchemeOf(SignatureAlgorithm algorithm) {
  return kSchemes[static_cast<std::size_t>(algorithm)];
}

const EVP_MD* HashOf(const Scheme& scheme) {
  if (scheme.hash == "SHA256") return EVP_sha256();
  if (scheme.hash == "SHA384") return EVP_sha384();
  if (scheme.hash == "SHA512") return EVP_sha512();
  return nullptr;
}

bool KeyFits(KeyKind kind, SignatureAlgorithm algorithm) {
  switch (kind) {
    case KeyKind::kP256:
    case KeyKind::kP384:
    case KeyKind::kP521:
      return algorithm <= SignatureAlgorithm::kEcdsaSha512;
    case KeyKind::kEd25519:
      return algorithm == SignatureAlgorithm::kEd25519;
    case KeyKind::kRsa:
      return algorithm >= SignatureAlgorithm::kRsaPkcs1Sha256;
  }
  return false;
}

Status CheckScheme(const PublicKey& key, SignatureAlgorithm algorithm, ByteView signature) {
  if (algorithm == SignatureAlgorithm::kEd25519ph) {
    return Fail(kUnsupportedAlgorithm,
                "Ed25519ph signatures cannot be verified by this build's crypto library");
  }
  if (!KeyFits(key.kind(), algorithm)) {
    return Fail(kAlgorithmMismatch, "a " + key.Description() + " key cannot verify " +
                                        std::string(AlgorithmName(algorithm)));
  }
  if (signature.size() > kLimits.max_signature_bytes) {
    return Fail(kSignatureMismatch, "the signature does not verify");
  }
  return {};
}

Status BadSignature() { return Fail(kSignatureMismatch, "the signature does not verify"); }

bool SetPadding(EVP_PKEY_CTX* context, const PublicKey& key, const Scheme& scheme) {
  if (key.kind() != KeyKind::kRsa) return true;
  if (!scheme.pss) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, HashOf(scheme)) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1;
}

// What the key details of a name ask of a key.
struct Details {
  std::string_view name;
  SignatureAlgorithm algorithm;
  KeyKind kind;
  int rsa_bits = 0;  // 0: any accepted size
  bool pkcs1 = false;
};
using A = SignatureAlgorithm;
using K = KeyKind;
constexpr std::array kDetails{
    Details{"PKIX_ECDSA_P256_SHA_256", A::kEcdsaSha256, K::kP256},
    Details{"PKIX_ECDSA_P384_SHA_384", A::kEcdsaSha384, K::kP384},
    Details{"PKIX_ECDSA_P521_SHA_512", A::kEcdsaSha512, K::kP521},
    Details{"PKIX_ECDSA_P384_SHA_256", A::kEcdsaSha256, K::kP384},
    Details{"PKIX_ECDSA_P521_SHA_256", A::kEcdsaSha256, K::kP521},
    Details{"PKIX_ED25519", A::kEd25519, K::kEd25519},
    Details{"PKIX_ED25519_PH", A::kEd25519ph, K::kEd25519},
    Details{"PKIX_RSA_PKCS1V15_2048_SHA256", A::kRsaPkcs1Sha256, K::kRsa, 2048},
    Details{"PKIX_RSA_PKCS1V15_3072_SHA256", A::kRsaPkcs1Sha256, K::kRsa, 3072},
    Details{"PKIX_RSA_PKCS1V15_4096_SHA256", A::kRsaPkcs1Sha256, K::kRsa, 4096},
    Details{"PKIX_RSA_PSS_2048_SHA256", A::kRsaPssSha256, K::kRsa, 2048},
    Details{"PKIX_RSA_PSS_3072_SHA256", A::kRsaPssSha256, K::kRsa, 3072},
    Details{"PKIX_RSA_PSS_4096_SHA256", A::kRsaPssSha256, K::kRsa, 4096},
    Details{"PKIX_RSA_PKCS1V5", A::kRsaPkcs1Sha256, K::kRsa},
    Details{"PKIX_RSA_PSS", A::kRsaPssSha256, K::kRsa},
    Details{"PKCS1_RSA_PKCS1V5", A::kRsaPkcs1Sha256, K::kRsa, 0, true},
    Details{"PKCS1_RSA_PSS", A::kRsaPssSha256, K::kRsa, 0, true},
};

const Details* FindDetails(std::string_view name) {
  const auto* found = std::find_if(kDetails.begin(), kDetails.end(),
                                   [&](const Details& d) { return d.name == name; });
  return found == kDetails.end() ? nullptr : found;
}

tl::unexpected<Error> UnknownDetails(std::string_view name) {
  return Fail(kUnsupportedAlgorithm, "key details " + Printable(name) + " are not supported");
}

bool IsPositiveInteger(const std::optional<DerElement>& element) {
  if (!element || element->tag != kDerInteger || element->content.empty()) return false;
  const ByteView content = element->content;
  const bool padded = content.size() > 1 && content[0] == 0 && (content[1] & 0x80) == 0;
  return !padded && (content[0] & 0x80) == 0;
}

// What stands inside the frame has one form: NULL parameters and two minimal integers for RSA, no parameters
// for Ed25519; EC is CheckEcFrame's.
bool IsCanonical(int nid, const X509_ALGOR* algorithm, ByteView bits) {
  int parameter_type = 0;
  X509_ALGOR_get0(nullptr, &parameter_type, nullptr, algorithm);
  if (nid == EVP_PKEY_ED25519) return parameter_type == V_ASN1_UNDEF;
  if (nid != EVP_PKEY_RSA) return true;
  DerReader outer(bits);
  const auto numbers = outer.Next(kDerSequence);
  if (parameter_type != V_ASN1_NULL || !numbers || !outer.empty()) return false;
  DerReader inner(numbers->content);
  return IsPositiveInteger(inner.Next()) && IsPositiveInteger(inner.Next()) && inner.empty();
}

// The parameters must name a known curve, and the point be written in full: compressed points would give
// one key two hashes.
Status CheckEcFrame(const X509_ALGOR* algorithm, ByteView point) {
  int parameter_type = 0;
  const void* parameter = nullptr;
  X509_ALGOR_get0(nullptr, &parameter_type, &parameter, algorithm);
  if (parameter_type != V_ASN1_OBJECT) {
    return Fail(kUnsupportedAlgorithm,
                "the EC key does not name its curve; expected P-256, P-384 or P-521");
  }
  const int curve = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter));
  if (curve != NID_X9_62_prime256v1 && curve != NID_secp384r1 && curve != NID_secp521r1) {
    return Fail(kUnsupportedAlgorithm,
                "EC curve " + ossl::DottedOid(static_cast<const ASN1_OBJECT*>(parameter)) +
                    "; expected P-256, P-384 or P-521");
  }
  if (point.empty() || point[0] != POINT_CONVERSION_UNCOMPRESSED) {
    return Fail(kKeyInvalid, "the EC key is not an uncompressed point");
  }
  return {};
}

// The key whose SubjectPublicKeyInfo is `spki`. Takes the handle.
Result<std::shared_ptr<const PublicKey::Impl>> ValidateKey(ossl::Key key, ByteView spki) {
  auto impl = std::make_shared<PublicKey::Impl>();
  impl->key = std::move(key);
  impl->spki = ToBytes(spki);
  PLIMSOLL_TRY(CheckKind(*impl));
  impl->spki_sha256 = Sha256(impl->spki);
  return impl;
}

}  // namespace

Result<PublicKey> KeyOfFrame(const X509_PUBKEY* frame, ByteView spki) {
  ASN1_OBJECT* type = nullptr;
  const unsigned char* bits = nullptr;
  int length = 0;
  X509_ALGOR* algorithm = nullptr;
  if (X509_PUBKEY_get0_param(&type, &bits, &length, &algorithm, frame) != 1) {
    return Fail(kMalformed, "not a SubjectPublicKeyInfo in DER");
  }
  const int nid = OBJ_obj2nid(type);
  const ByteView key_bits(bits, static_cast<std::size_t>(length));
  if (nid == EVP_PKEY_EC) PLIMSOLL_TRY(CheckEcFrame(algorithm, key_bits));
  if (nid != EVP_PKEY_EC && nid != EVP_PKEY_RSA && nid != EVP_PKEY_ED25519) {
    return Fail(kUnsupportedAlgorithm,
                "public key of type " + ossl::DottedOid(type) + "; expected EC, Ed25519 or RSA");
  }
  // One key, one encoding: its hash is an identity.
  if (ossl::EncodeDer(frame, i2d_X509_PUBKEY) != ToBytes(spki) ||
      !IsCanonical(nid, algorithm, key_bits)) {
    return Fail(kMalformed, "the public key is not in the one DER form that it has");
  }
  EVP_PKEY* borrowed = X509_PUBKEY_get0(frame);
  if (borrowed == nullptr) {
    return Fail(kKeyInvalid, "the public key does not decode: " + ossl::TakeErrors());
  }
  EVP_PKEY_up_ref(borrowed);
  PLIMSOLL_ASSIGN(auto impl, ValidateKey(ossl::Key(borrowed), spki));
  return PublicKeyAccess::Make(std::move(impl));
}

std::string_view AlgorithmName(SignatureAlgorithm algorithm) { return SchemeOf(algorithm).name; }

Result<PublicKey> PublicKey::FromDer(ByteView spki) {
  const ossl::CleanQueue queue;
  if (spki.size() > kLimits.max_key_bytes) {
    return Fail(kLimitExceeded, "public key of " + std::to_string(spki.size()) +
                                    " bytes, at most " + std::to_string(kLimits.max_key_bytes) +
                                    " are read");
  }
  // The frame first: it tells a key that is broken from one of an algorithm that libcrypto does not know.
  const auto frame = ossl::DecodeAll<ossl::Spki>(spki, d2i_X509_PUBKEY);
  if (frame == nullptr) return Fail(kMalformed, "not a SubjectPublicKeyInfo in DER");
  return KeyOfFrame(frame.get(), spki);
}

Result<PublicKey> PublicKey::FromPkcs1Der(ByteView rsa_public_key) {
  const ossl::CleanQueue queue;
  if (rsa_public_key.size() > kLimits.max_key_bytes) {
    return Fail(kLimitExceeded, "public key of " + std::to_string(rsa_public_key.size()) +
                                    " bytes, at most " + std::to_string(kLimits.max_key_bytes) +
                                    " are read");
  }
  const unsigned char* p = rsa_public_key.data();
  ossl::Key key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &p, static_cast<long>(rsa_public_key.size())));
  if (key == nullptr || p != rsa_public_key.data() + rsa_public_key.size()) {
    return Fail(kMalformed, "not an RSAPublicKey in DER");
  }
  return FromDer(ossl::EncodeDer(key.get(), i2d_PUBKEY));
}

Result<PublicKey> PublicKey::FromPem(std::string_view pem) {
  PLIMSOLL_ASSIGN(const auto blocks, ParsePem(pem, 1));
  if (blocks[0].label == "PUBLIC KEY") return FromDer(blocks[0].der);
  if (blocks[0].label == "RSA PUBLIC KEY") return FromPkcs1Der(blocks[0].der);
  return Fail(kMalformed, "expected a PEM block PUBLIC KEY, found " + Printable(blocks[0].label));
}

KeyKind PublicKey::kind() const { return impl_->kind; }
int PublicKey::bits() const { return impl_->bits; }

std::string PublicKey::Description() const {
  switch (impl_->kind) {
    case KeyKind::kP256:
      return "P-256";
    case KeyKind::kP384:
      return "P-384";
    case KeyKind::kP521:
      return "P-521";
    case KeyKind::kEd25519:
      return "Ed25519";
    case KeyKind::kRsa:
      return "RSA-" + std::to_string(impl_->bits);
  }
  return {};
}

const Bytes& PublicKey::spki_der() const { return impl_->spki; }
const Sha256Digest& PublicKey::spki_sha256() const { return impl_->spki_sha256; }
std::string PublicKey::Pem() const { return WritePem("PUBLIC KEY", impl_->spki); }

Status PublicKey::Verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const {
  const ossl::CleanQueue queue;
  PLIMSOLL_TRY(CheckScheme(*this, algorithm, signature));
  const Scheme& scheme = SchemeOf(algorithm);
  const ossl::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // owned by `context`
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), &key_context, HashOf(scheme), nullptr,
                           impl_->key.get()) != 1 ||
      !SetPadding(key_context, *this, scheme)) {
    return Fail(kInternal, "cannot set up a verification: " + ossl::TakeErrors());
  }
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) != 1) {
    return BadSignature();
  }
  return {};
}

Status PublicKey::VerifyDigest(SignatureAlgorithm algorithm, ByteView digest,
                               ByteView signature) const {
  const ossl::CleanQueue queue;
  PLIMSOLL_TRY(CheckScheme(*this, algorithm, signature));
  const Scheme& scheme = SchemeOf(algorithm);
  const EVP_MD* hash = HashOf(scheme);
  if (hash == nullptr) {
    return Fail(kAlgorithmMismatch, std::string(scheme.name) +
                                        " signs a message, not a digest: the artifact itself is "
                                        "needed");
  }
  if (digest.size() != static_cast<std::size_t>(EVP_MD_get_size(hash))) {
    return Fail(kInvalidArgument, "digest of " + std::to_string(digest.size()) + " bytes for " +
                                      std::string(scheme.name));
  }
  const ossl::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, impl_->key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1 ||
      !SetPadding(context.get(), *this, scheme) ||
      EVP_PKEY_CTX_set_signature_md(context.get(), hash) != 1) {
    return Fail(kInternal, "cannot set up a verification: " + ossl::TakeErrors());
  }
  if (EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(),
                      digest.size()) != 1) {
    return BadSignature();
  }
  return {};
}

Result<SignatureAlgorithm> AlgorithmOfKeyDetails(std::string_view key_details) {
  const Details* details = FindDetails(key_details);
  if (details == nullptr) return UnknownDetails(key_details);
  return details->algorithm;
}

Result<PublicKey> KeyOfDetails(ByteView raw, std::string_view key_details) {
  const Details* details = FindDetails(key_details);
  if (details == nullptr) return UnknownDetails(key_details);
  PLIMSOLL_ASSIGN(PublicKey key,
                  details->pkcs1 ? PublicKey::FromPkcs1Der(raw) : PublicKey::FromDer(raw));
  if (key.kind() != details->kind || (details->rsa_bits != 0 && key.bits() != details->rsa_bits)) {
    return Fail(kAlgorithmMismatch, "key details " + std::string(key_details) +
                                        " name another kind of key than this " + key.Description());
  }
  return key;
}

std::string_view KeyDetailsOf(const PublicKey& key, SignatureAlgorithm algorithm) {
  const auto* found = std::find_if(kDetails.begin(), kDetails.end(), [&](const Details& d) {
    return d.algorithm == algorithm && d.kind == key.kind() &&
           (key.kind() != KeyKind::kRsa || d.rsa_bits == key.bits());
  });
  return found == kDetails.end() ? std::string_view{} : found->name;
}

SignatureAlgorithm DefaultAlgorithm(const PublicKey& key) {
  switch (key.kind()) {
    case KeyKind::kP256:
      return SignatureAlgorithm::kEcdsaSha256;
    case KeyKind::kP384:
      return SignatureAlgorithm::kEcdsaSha384;
    case KeyKind::kP521:
      return SignatureAlgorithm::kEcdsaSha512;
    case KeyKind::kEd25519:
      return SignatureAlgorithm::kEd25519;
    case KeyKind::kRsa:
      return SignatureAlgorithm::kRsaPkcs1Sha256;
  }
  return SignatureAlgorithm::kEcdsaSha256;
}

}  // namespace plimsoll::crypto
