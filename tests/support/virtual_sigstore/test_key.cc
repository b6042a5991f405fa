#include "support/virtual_sigstore/test_key.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "base/encoding.h"
#include "support/virtual_sigstore/der_writer.h"

namespace plimsoll::test {
namespace {

constexpr BN_ULONG kPublicExponent = 65537;
using Algorithm = crypto::SignatureAlgorithm;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using Context = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;
using Group = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "test key: %s\n", what);
  std::abort();
}

Number FromBytes(ByteView bytes) {
  return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}
Bytes ToFixed(const BIGNUM* number, std::size_t size) {
  Bytes out(size);
  Require(BN_bn2binpad(number, out.data(), static_cast<int>(size)) >= 0, "number too long");
  return out;
}

int CurveOf(KeyType type) {
  switch (type) {
    case KeyType::kP256:
      return NID_X9_62_prime256v1;
    case KeyType::kP384:
      return NID_secp384r1;
    case KeyType::kP521:
      return NID_secp521r1;
    case KeyType::kSecp256k1:
      return NID_secp256k1;
    default:
      return NID_undef;
  }
}

std::string_view CurveOid(KeyType type) {
  switch (type) {
    case KeyType::kP256:
      return "1.2.840.10045.3.1.7";
    case KeyType::kP384:
      return "1.3.132.0.34";
    case KeyType::kP521:
      return "1.3.132.0.35";
    default:
      return "1.3.132.0.10";
  }
}

int RsaBits(KeyType type) {
  switch (type) {
    case KeyType::kRsa1024:
      return 1024;
    case KeyType::kRsa2048:
      return 2048;
    case KeyType::kRsa3072:
      return 3072;
    case KeyType::kRsa4096:
      return 4096;
    case KeyType::kRsa8192:
      return 8192;
    default:
      return 0;
  }
}

std::size_t HashIndex(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEcdsaSha256:
    case Algorithm::kRsaPkcs1Sha256:
    case Algorithm::kRsaPssSha256:
      return 0;
    case Algorithm::kEcdsaSha384:
    case Algorithm::kRsaPkcs1Sha384:
    case Algorithm::kRsaPssSha384:
      return 1;
    default:
      return 2;
  }
}

Bytes HashBy(Algorithm algorithm, ByteView message) {
  switch (HashIndex(algorithm)) {
    case 0:
      return ToBytes(Sha256(message));
    case 1:
      return Sha384(message);
    default:
      return Sha512(message);
  }
}

bool IsPss(Algorithm algorithm) {
  return algorithm == Algorithm::kRsaPssSha256 || algorithm == Algorithm::kRsaPssSha384 ||
         algorithm == Algorithm::kRsaPssSha512;
}

Bytes HashOid(Algorithm algorithm) {
  constexpr std::string_view kOids[] = {"2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2",
                                        "2.16.840.1.101.3.4.2.3"};
  return der::Oid(kOids[HashIndex(algorithm)]);
}

// A prime whose predecessor is prime to 65537, the first at or after a seeded start with so many leading ones.
Number SeededPrime(std::string_view seed, int bits, int ones, BN_CTX* context) {
  Number prime = FromBytes(SeededBytes(seed, static_cast<std::size_t>(bits / 8)));
  for (int i = 1; i <= ones; ++i) BN_set_bit(prime.get(), bits - i);
  BN_set_bit(prime.get(), 0);
  while (BN_mod_word(prime.get(), kPublicExponent) == 1 ||
         BN_check_prime(prime.get(), context, nullptr) != 1) {
    BN_add_word(prime.get(), 2);
  }
  return prime;
}

Bytes Mgf1(Algorithm algorithm, ByteView seed, std::size_t size) {
  Bytes mask;
  for (std::uint8_t counter = 0; mask.size() < size; ++counter) {
    const Bytes block = HashBy(algorithm, der::Concat({ToBytes(seed), Bytes{0, 0, 0, counter}}));
    mask.insert(mask.end(), block.begin(), block.end());
  }
  mask.resize(size);
  return mask;
}

// EMSA-PSS, RFC 8017 section 9.1.1, for a modulus of 8 * size bits.
Bytes EncodePss(Algorithm algorithm, ByteView digest, std::size_t size) {
  const Bytes salt = SeededBytes("salt" + HexEncode(digest), digest.size());
  const Bytes hash = HashBy(algorithm, der::Concat({Bytes(8), ToBytes(digest), salt}));
  Bytes block(size - hash.size() - salt.size() - 2);
  block.push_back(1);
  block.insert(block.end(), salt.begin(), salt.end());
  const Bytes mask = Mgf1(algorithm, hash, block.size());
  for (std::size_t i = 0; i < block.size(); ++i) block[i] ^= mask[i];
  block[0] &= 0x7f;
  return der::Concat({block, hash, Bytes{0xbc}});
}

// EMSA-PKCS1-v1_5, RFC 8017 section 9.2.
Bytes EncodePkcs1(Algorithm algorithm, ByteView digest, std::size_t size) {
  const Bytes info =
      der::Sequence({der::Sequence({HashOid(algorithm), der::Null()}), der::OctetString(digest)});
  Bytes block{0, 1};
  block.resize(size - info.size() - 1, 0xff);
  block.push_back(0);
  block.insert(block.end(), info.begin(), info.end());
  return block;
}

}  // namespace

struct TestKey::Impl {
  KeyType type = KeyType::kP256;
  Number secret;   // EC scalar or RSA private exponent
  Number modulus;  // RSA
  Bytes edwards_seed;
  Bytes edwards_point;
  Bytes spki;

  void MakeCurveKey(std::string_view seed);
  void MakeEdwardsKey(std::string_view seed);
  void MakeRsaKey(std::string_view seed);
  Bytes SignEcdsa(ByteView digest) const;
  Bytes SignRsa(Algorithm algorithm, ByteView digest) const;
  Bytes SignEdwards(ByteView message) const;
};

Bytes SeededBytes(std::string_view seed, std::size_t size) {
  Bytes out;
  for (std::uint32_t counter = 0; out.size() < size; ++counter) {
    const auto block = Sha256(AsBytes(std::string(seed) + "#" + std::to_string(counter)));
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(size);
  return out;
}

void TestKey::Impl::MakeCurveKey(std::string_view seed) {
  const Context context(BN_CTX_new());
  const Group group(EC_GROUP_new_by_curve_name(CurveOf(type)));
  const Number order(BN_dup(EC_GROUP_get0_order(group.get())));
  secret = FromBytes(SeededBytes(seed, 80));
  BN_sub_word(order.get(), 1);
  BN_mod(secret.get(), secret.get(), order.get(), context.get());
  BN_add_word(secret.get(), 1);
  const Point point(EC_POINT_new(group.get()));
  EC_POINT_mul(group.get(), point.get(), secret.get(), nullptr, nullptr, context.get());
  Bytes encoded(256);
  encoded.resize(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                    encoded.data(), encoded.size(), context.get()));
  spki = der::Sequence({der::Sequence({der::Oid("1.2.840.10045.2.1"), der::Oid(CurveOid(type))}),
                        der::BitString(encoded)});
}

void TestKey::Impl::MakeEdwardsKey(std::string_view seed) {
  edwards_seed = SeededBytes(seed, 32);
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, edwards_seed.data(), 32));
  edwards_point.resize(32);
  std::size_t size = 32;
  Require(EVP_PKEY_get_raw_public_key(key.get(), edwards_point.data(), &size) == 1, "Ed25519");
  spki = der::Sequence({der::Sequence({der::Oid("1.3.101.112")}), der::BitString(edwards_point)});
}

void TestKey::Impl::MakeRsaKey(std::string_view seed) {
  // Two primes are what a key has. The largest has eight: two of 4,096 bits take minutes to find.
  const bool large = type == KeyType::kRsa8192;
  const std::vector<std::string> names =
      large ? std::vector<std::string>{"/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"}
            : std::vector<std::string>{"/p", "/q"};
  const int bits = RsaBits(type);
  const Context context(BN_CTX_new());
  const Number phi(BN_new());
  modulus.reset(BN_new());
  BN_one(modulus.get());
  BN_one(phi.get());
  for (const std::string& name : names) {
    const Number prime =
        SeededPrime(std::string(seed) + name, bits / static_cast<int>(names.size()), large ? 8 : 2,
                    context.get());
    BN_mul(modulus.get(), modulus.get(), prime.get(), context.get());
    BN_sub_word(prime.get(), 1);
    BN_mul(phi.get(), phi.get(), prime.get(), context.get());
  }
  Require(BN_num_bits(modulus.get()) == bits, "RSA modulus");
  const Number e(BN_new());
  BN_set_word(e.get(), kPublicExponent);
  secret.reset(BN_mod_inverse(nullptr, e.get(), phi.get(), context.get()));
  Require(secret != nullptr, "RSA exponent");
  spki =
      der::Sequence({der::Sequence({der::Oid("1.2.840.113549.1.1.1"), der::Null()}),
                     der::BitString(der::Sequence(
                         {der::Integer(ToFixed(modulus.get(), static_cast<std::size_t>(bits / 8))),
                          der::Integer(kPublicExponent)}))});
}

// FIPS 186-4 section 6.4, with a nonce that depends on key and digest only.
Bytes TestKey::Impl::SignEcdsa(ByteView digest) const {
  const Context context(BN_CTX_new());
  const Group group(EC_GROUP_new_by_curve_name(CurveOf(type)));
  const BIGNUM* order = EC_GROUP_get0_order(group.get());
  const int order_bits = BN_num_bits(order);
  const std::size_t size = static_cast<std::size_t>(order_bits + 7) / 8;
  Number z = FromBytes(digest);
  if (static_cast<int>(digest.size() * 8) > order_bits) {
    BN_rshift(z.get(), z.get(), static_cast<int>(digest.size() * 8) - order_bits);
  }
  const Number k = FromBytes(
      SeededBytes("nonce" + HexEncode(ToFixed(secret.get(), size)) + HexEncode(digest), 80));
  BN_mod(k.get(), k.get(), order, context.get());
  const Point point(EC_POINT_new(group.get()));
  EC_POINT_mul(group.get(), point.get(), k.get(), nullptr, nullptr, context.get());
  const Number r(BN_new());
  EC_POINT_get_affine_coordinates(group.get(), point.get(), r.get(), nullptr, context.get());
  BN_mod(r.get(), r.get(), order, context.get());
  const Number s(BN_new());
  BN_mod_mul(s.get(), r.get(), secret.get(), order, context.get());
  BN_mod_add(s.get(), s.get(), z.get(), order, context.get());
  const Number inverse(BN_mod_inverse(nullptr, k.get(), order, context.get()));
  BN_mod_mul(s.get(), s.get(), inverse.get(), order, context.get());
  return der::Sequence(
      {der::Integer(ToFixed(r.get(), size)), der::Integer(ToFixed(s.get(), size))});
}

Bytes TestKey::Impl::SignRsa(Algorithm algorithm, ByteView digest) const {
  const std::size_t size = static_cast<std::size_t>(RsaBits(type)) / 8;
  const Bytes block =
      IsPss(algorithm) ? EncodePss(algorithm, digest, size) : EncodePkcs1(algorithm, digest, size);
  const Context context(BN_CTX_new());
  const Number base = FromBytes(block);
  const Number result(BN_new());
  BN_mod_exp(result.get(), base.get(), secret.get(), modulus.get(), context.get());
  return ToFixed(result.get(), size);
}

Bytes TestKey::Impl::SignEdwards(ByteView message) const {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, edwards_seed.data(), 32));
  const DigestContext context(EVP_MD_CTX_new());
  Bytes signature(64);
  std::size_t size = signature.size();
  Require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                             message.size()) == 1,
          "Ed25519 signature");
  return signature;
}

TestKey::TestKey(KeyType type, std::string_view seed) {
  auto impl = std::make_shared<Impl>();
  impl->type = type;
  if (type == KeyType::kEd25519) {
    impl->MakeEdwardsKey(seed);
  } else if (RsaBits(type) != 0) {
    impl->MakeRsaKey(seed);
  } else {
    impl->MakeCurveKey(seed);
  }
  impl_ = std::move(impl);
}

KeyType TestKey::type() const { return impl_->type; }
const Bytes& TestKey::spki() const { return impl_->spki; }
Sha256Digest TestKey::spki_sha256() const { return Sha256(impl_->spki); }
Bytes TestKey::ed25519_point() const { return impl_->edwards_point; }

std::string TestKey::Pem() const {
  const std::string base64 = Base64Encode(impl_->spki);
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64) pem += base64.substr(i, 64) + "\n";
  return pem + "-----END PUBLIC KEY-----\n";
}

TestKey TestKey::Using(crypto::SignatureAlgorithm algorithm) const {
  TestKey key = *this;
  key.algorithm_ = algorithm;
  return key;
}

crypto::SignatureAlgorithm TestKey::DefaultAlgorithm() const {
  if (algorithm_) return *algorithm_;
  switch (impl_->type) {
    case KeyType::kP384:
      return Algorithm::kEcdsaSha384;
    case KeyType::kP521:
      return Algorithm::kEcdsaSha512;
    case KeyType::kEd25519:
      return Algorithm::kEd25519;
    case KeyType::kP256:
    case KeyType::kSecp256k1:
      return Algorithm::kEcdsaSha256;
    default:
      return Algorithm::kRsaPkcs1Sha256;
  }
}

Bytes TestKey::SignDigest(crypto::SignatureAlgorithm algorithm, ByteView digest) const {
  if (algorithm <= Algorithm::kEcdsaSha512) {
    Require(impl_->secret != nullptr && impl_->modulus == nullptr, "not an EC key");
    return impl_->SignEcdsa(digest);
  }
  Require(algorithm >= Algorithm::kRsaPkcs1Sha256 && impl_->modulus != nullptr, "not an RSA key");
  return impl_->SignRsa(algorithm, digest);
}

Bytes TestKey::Sign(crypto::SignatureAlgorithm algorithm, ByteView message) const {
  if (algorithm == Algorithm::kEd25519) {
    Require(!impl_->edwards_seed.empty(), "not an Ed25519 key");
    return impl_->SignEdwards(message);
  }
  return SignDigest(algorithm, HashBy(algorithm, message));
}

Bytes TestKey::AlgorithmIdentifier(crypto::SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEcdsaSha256:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.2")});
    case Algorithm::kEcdsaSha384:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.3")});
    case Algorithm::kEcdsaSha512:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.4")});
    case Algorithm::kEd25519:
    case Algorithm::kEd25519ph:
      return der::Sequence({der::Oid("1.3.101.112")});
    case Algorithm::kRsaPkcs1Sha256:
      return der::Sequence({der::Oid("1.2.840.113549.1.1.11"), der::Null()});
    case Algorithm::kRsaPkcs1Sha384:
      return der::Sequence({der::Oid("1.2.840.113549.1.1.12"), der::Null()});
    case Algorithm::kRsaPkcs1Sha512:
      return der::Sequence({der::Oid("1.2.840.113549.1.1.13"), der::Null()});
    default:
      break;
  }
  // RSASSA-PSS-params, RFC 8017 A.2.3.
  const Bytes hash = der::Sequence({HashOid(algorithm), der::Null()});
  constexpr int kSaltSizes[] = {32, 48, 64};
  return der::Sequence(
      {der::Oid("1.2.840.113549.1.1.10"),
       der::Sequence({der::Explicit(0, hash),
                      der::Explicit(1, der::Sequence({der::Oid("1.2.840.113549.1.1.8"), hash})),
                      der::Explicit(2, der::Integer(kSaltSizes[HashIndex(algorithm)]))})});
}

}  // namespace plimsoll::test
