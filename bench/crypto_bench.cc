// What this project's verifications cost, beside the bare libcrypto calls that they cannot do without.
#include <benchmark/benchmark.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>

#include "crypto/chain.h"
#include "crypto/sct.h"
#include "crypto/timestamp.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::crypto {
namespace {

using test::KeyType;
using test::TestKey;
using test::VirtualSigstore;

constexpr std::size_t kMessageBytes = 200;

const VirtualSigstore& Sigstore() {
  static const VirtualSigstore sigstore;
  return sigstore;
}

void Verify(benchmark::State& state, KeyType type, SignatureAlgorithm algorithm) {
  const TestKey made(type, "bench");
  const PublicKey key = *PublicKey::FromDer(made.spki());
  const Bytes message(kMessageBytes, 7);
  const Bytes signature = made.Sign(algorithm, message);
  for (auto _ : state) {
    if (!key.Verify(algorithm, message, signature)) state.SkipWithError("does not verify");
  }
}

void BareVerify(benchmark::State& state, KeyType type, SignatureAlgorithm algorithm,
                const EVP_MD* (*hash)()) {
  const TestKey made(type, "bench");
  const unsigned char* p = made.spki().data();
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &p, static_cast<long>(made.spki().size()));
  const Bytes message(kMessageBytes, 7);
  const Bytes signature = made.Sign(algorithm, message);
  for (auto _ : state) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, hash != nullptr ? hash() : nullptr, nullptr, key);
    if (EVP_DigestVerify(context, signature.data(), signature.size(), message.data(),
                         message.size()) != 1) {
      state.SkipWithError("does not verify");
    }
    EVP_MD_CTX_free(context);
  }
  EVP_PKEY_free(key);
}

using A = SignatureAlgorithm;
BENCHMARK_CAPTURE(Verify, p256, KeyType::kP256, A::kEcdsaSha256);
BENCHMARK_CAPTURE(BareVerify, p256, KeyType::kP256, A::kEcdsaSha256, EVP_sha256);
BENCHMARK_CAPTURE(Verify, p384, KeyType::kP384, A::kEcdsaSha384);
BENCHMARK_CAPTURE(BareVerify, p384, KeyType::kP384, A::kEcdsaSha384, EVP_sha384);
BENCHMARK_CAPTURE(Verify, ed25519, KeyType::kEd25519, A::kEd25519);
BENCHMARK_CAPTURE(BareVerify, ed25519, KeyType::kEd25519, A::kEd25519, nullptr);
BENCHMARK_CAPTURE(Verify, rsa2048, KeyType::kRsa2048, A::kRsaPkcs1Sha256);
BENCHMARK_CAPTURE(BareVerify, rsa2048, KeyType::kRsa2048, A::kRsaPkcs1Sha256, EVP_sha256);

void ParseKey(benchmark::State& state) {
  const TestKey made(KeyType::kP256, "bench");
  for (auto _ : state) benchmark::DoNotOptimize(PublicKey::FromDer(made.spki()));
}
BENCHMARK(ParseKey);

void BareParseKey(benchmark::State& state) {
  const TestKey made(KeyType::kP256, "bench");
  for (auto _ : state) {
    const unsigned char* p = made.spki().data();
    EVP_PKEY_free(d2i_PUBKEY(nullptr, &p, static_cast<long>(made.spki().size())));
  }
}
BENCHMARK(BareParseKey);

void ParseCertificate(benchmark::State& state) {
  const Bytes der = Sigstore().IssueLeaf().der;
  for (auto _ : state) benchmark::DoNotOptimize(Certificate::FromDer(der));
}
BENCHMARK(ParseCertificate);

void BareParseCertificate(benchmark::State& state) {
  const Bytes der = Sigstore().IssueLeaf().der;
  for (auto _ : state) {
    const unsigned char* p = der.data();
    X509_free(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
  }
}
BENCHMARK(BareParseCertificate);

struct Chain {
  Certificate leaf = *Certificate::FromDer(Sigstore().IssueLeaf().der);
  std::vector<Certificate> intermediates{*Certificate::FromDer(Sigstore().intermediate().der)};
  std::vector<Certificate> anchors{*Certificate::FromDer(Sigstore().root().der)};
};

void VerifyPath(benchmark::State& state) {
  const Chain chain;
  for (auto _ : state) {
    if (!VerifyChain(chain.leaf, {chain.intermediates, chain.anchors, test::kSigningTime})) {
      state.SkipWithError("no path");
    }
  }
}
BENCHMARK(VerifyPath);

void BareVerifyPath(benchmark::State& state) {
  const auto decode = [](const Bytes& der) {
    const unsigned char* p = der.data();
    return d2i_X509(nullptr, &p, static_cast<long>(der.size()));
  };
  const Chain chain;
  X509* leaf = decode(chain.leaf.der());
  X509* intermediate = decode(chain.intermediates[0].der());
  X509* root = decode(chain.anchors[0].der());
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  sk_X509_push(untrusted, intermediate);
  for (auto _ : state) {
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf, untrusted);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context),
                               static_cast<time_t>(UnixSeconds(test::kSigningTime)));
    if (X509_verify_cert(context) != 1) state.SkipWithError("no path");
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
  }
  sk_X509_free(untrusted);
  for (X509* certificate : {leaf, intermediate, root}) X509_free(certificate);
}
BENCHMARK(BareVerifyPath);

void VerifyOneSct(benchmark::State& state) {
  const Chain chain;
  const std::vector<CtLog> logs{{*PublicKey::FromDer(Sigstore().ct_key().spki()), {}}};
  for (auto _ : state) {
    if (!VerifyEmbeddedScts(chain.leaf, chain.intermediates[0], logs)) {
      state.SkipWithError("does not verify");
    }
  }
}
BENCHMARK(VerifyOneSct);

void VerifyTimestamp(benchmark::State& state) {
  const Bytes der = Sigstore().Timestamp(AsBytes("data"));
  const auto authority =
      *TimestampAuthority::FromChain({*Certificate::FromDer(Sigstore().tsa().der),
                                      *Certificate::FromDer(Sigstore().tsa_root().der)},
                                     {});
  for (auto _ : state) {
    const auto response = TimestampResponse::FromDer(der);
    if (!response || !response->Verify(AsBytes("data"), authority)) {
      state.SkipWithError("does not verify");
    }
  }
}
BENCHMARK(VerifyTimestamp);

}  // namespace
}  // namespace plimsoll::crypto

BENCHMARK_MAIN();
