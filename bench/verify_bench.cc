// What one verification costs, beside the bare libcrypto operations that it cannot do without: decoding the
// certificate, its path (two P-384 signatures), the SCT, the log's promise or checkpoint, the timestamp, the
// signature itself.
#include <benchmark/benchmark.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <new>

#include "base/digest.h"
#include "crypto/timestamp.h"
#include "sigstore/verifier.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::sigstore {
namespace {

constexpr const char* kReference = "registry.harbour.example/crane";
constexpr const char* kArtifact = "the bytes of an artifact";

std::string DigestOfText(std::string_view text) { return "sha256:" + Sha256Hex(AsBytes(text)); }

template <class T>
T Must(Result<T> result) {
  if (!result) {
    std::cerr << result.error().message << "\n";
    std::abort();
  }
  return std::move(*result);
}

// Signed once, verified many times.
struct Made {
  test::VirtualSigstore sigstore;
  test::TestKey key{test::KeyType::kP256, "release key"};
  Verifier verifier = MakeVerifier();
  Expected image = About("an image manifest");
  Expected artifact = About(kArtifact);

  Verifier MakeVerifier() const {
    VerifierOptions options;
    options.public_keys_pem = {key.Pem()};
    return Must(Verifier::Create(Must(TrustRoot::FromJson(sigstore.Trust().Json())), options));
  }
  static Expected About(std::string_view text) {
    Expected expected;
    expected.digests = {DigestOfText(text)};
    return expected;
  }
  test::ClassicSignature Classic(bool with_key) {
    test::ClassicSpec spec;
    if (with_key) spec.key = key;
    return sigstore.SignImage(kReference, image.digests[0], spec);
  }
  std::string Bundle(bool v2) {
    test::BundleSpec spec;
    spec.rekor1 = !v2;
    spec.rekor2 = v2;
    spec.timestamp = v2;
    return sigstore.SignMessage(kArtifact, spec).Json();
  }
};

}  // namespace

// What one verification allocates, and the most that it holds at one time: ours and libcrypto's.
struct Memory {
  static inline std::size_t allocations = 0;
  static inline std::size_t held = 0;
  static inline std::size_t peak = 0;
  static void Reset() {
    allocations = 0;
    peak = held;
  }
  [[gnu::noinline]] static void* Allocate(std::size_t size) {
    auto* block = static_cast<std::size_t*>(std::malloc(size + 16));
    if (block == nullptr) return nullptr;
    *block = size;
    ++allocations;
    held += size;
    peak = std::max(peak, held);
    return block + 2;
  }
  [[gnu::noinline]] static void Free(void* pointer) {
    if (pointer == nullptr) return;
    auto* block = static_cast<std::size_t*>(pointer) - 2;
    held -= *block;
    std::free(block);
  }
  static void* Resize(void* pointer, std::size_t size) {
    void* moved = Allocate(size);
    if (pointer != nullptr && moved != nullptr) {
      const std::size_t old = *(static_cast<std::size_t*>(pointer) - 2);
      std::memcpy(moved, pointer, std::min(old, size));
      Free(pointer);
    }
    return moved;
  }
};

namespace {

void CountMemory(benchmark::State& state, const std::function<void()>& verify) {
  Memory::Reset();
  const std::size_t before = Memory::held;
  verify();
  state.counters["allocations"] = static_cast<double>(Memory::allocations);
  state.counters["peakKiB"] = static_cast<double>(Memory::peak - before) / 1024;
}

void CheckVerified(benchmark::State& state, const Verification& v) {
  if (!v.verified()) state.SkipWithError(v.message.c_str());
}

void VerifyClassicWith(benchmark::State& state, bool with_key) {
  Made made;
  const auto signature = made.Classic(with_key);
  const auto annotations = signature.Annotations();
  const auto at = [&](const char* name) -> std::string_view {
    const auto found = annotations.find(name);
    return found == annotations.end() ? std::string_view() : std::string_view(found->second);
  };
  const ClassicSignature view = {signature.payload,
                                 at("dev.cosignproject.cosign/signature"),
                                 at("dev.sigstore.cosign/certificate"),
                                 at("dev.sigstore.cosign/chain"),
                                 at("dev.sigstore.cosign/bundle"),
                                 ""};
  const auto verify = [&] { CheckVerified(state, made.verifier.VerifyClassic(view, made.image)); };
  for (auto _ : state) verify();
  CountMemory(state, verify);
}
void VerifyClassicKeyless(benchmark::State& state) { VerifyClassicWith(state, false); }
void VerifyClassicKey(benchmark::State& state) { VerifyClassicWith(state, true); }
BENCHMARK(VerifyClassicKeyless);
BENCHMARK(VerifyClassicKey);

void VerifyBundleOf(benchmark::State& state, bool v2) {
  Made made;
  const std::string bundle = made.Bundle(v2);
  const auto verify = [&] {
    CheckVerified(state, made.verifier.VerifyBundle(bundle, made.artifact));
  };
  for (auto _ : state) verify();
  CountMemory(state, verify);
}
void VerifyBundleV03(benchmark::State& state) { VerifyBundleOf(state, false); }
void VerifyBundleRekor2(benchmark::State& state) { VerifyBundleOf(state, true); }
BENCHMARK(VerifyBundleV03);
BENCHMARK(VerifyBundleRekor2);

// --- The bare operations.

class BareSignature {
 public:
  BareSignature(test::KeyType type, const EVP_MD* hash) : hash_(hash), message_(400, 7) {
    const test::TestKey made(type, "bench");
    const unsigned char* p = made.spki().data();
    key_ = d2i_PUBKEY(nullptr, &p, static_cast<long>(made.spki().size()));
    signature_ = made.Sign(message_);
  }
  BareSignature(const BareSignature&) = delete;
  BareSignature& operator=(const BareSignature&) = delete;
  ~BareSignature() { EVP_PKEY_free(key_); }

  bool Verify() const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, hash_, nullptr, key_);
    const int verified = EVP_DigestVerify(context, signature_.data(), signature_.size(),
                                          message_.data(), message_.size());
    EVP_MD_CTX_free(context);
    return verified == 1;
  }

 private:
  const EVP_MD* hash_;
  Bytes message_;
  EVP_PKEY* key_ = nullptr;
  Bytes signature_;
};

X509* Decode(const Bytes& der) {
  const unsigned char* p = der.data();
  return d2i_X509(nullptr, &p, static_cast<long>(der.size()));
}

// A path over certificates of which the authorities' are decoded already, the leaf anew each time.
class BarePath {
 public:
  BarePath()
      : leaf_(sigstore_.IssueLeaf().der),
        intermediate_(Decode(sigstore_.intermediate().der)),
        root_(Decode(sigstore_.root().der)),
        store_(X509_STORE_new()),
        untrusted_(sk_X509_new_null()) {
    sk_X509_push(untrusted_, intermediate_);
    X509_STORE_add_cert(store_, root_);
  }
  BarePath(const BarePath&) = delete;
  BarePath& operator=(const BarePath&) = delete;
  ~BarePath() {
    sk_X509_free(untrusted_);
    X509_STORE_free(store_);
    X509_free(intermediate_);
    X509_free(root_);
  }

  bool Verify() const {
    X509* leaf = Decode(leaf_);
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store_, leaf, untrusted_);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context),
                               static_cast<time_t>(UnixSeconds(test::kSigningTime)));
    const int verified = X509_verify_cert(context);
    X509_STORE_CTX_free(context);
    X509_free(leaf);
    return verified == 1;
  }

 private:
  test::VirtualSigstore sigstore_;
  Bytes leaf_;
  X509* intermediate_;
  X509* root_;
  X509_STORE* store_;
  STACK_OF(X509) * untrusted_;
};

// The path, and `ecdsa` P-256 and `ed25519` signatures beside it.
void Bare(benchmark::State& state, bool with_path, int ecdsa, int ed25519) {
  const BarePath path;
  const BareSignature p256(test::KeyType::kP256, EVP_sha256());
  const BareSignature ed(test::KeyType::kEd25519, nullptr);
  for (auto _ : state) {
    bool verified = !with_path || path.Verify();
    for (int i = 0; i < ecdsa; ++i) verified = verified && p256.Verify();
    for (int i = 0; i < ed25519; ++i) verified = verified && ed.Verify();
    if (!verified) state.SkipWithError("does not verify");
  }
}
// SCT, SET, signature.
void BareClassicKeyless(benchmark::State& state) { Bare(state, true, 3, 0); }
// SET, signature.
void BareClassicKey(benchmark::State& state) { Bare(state, false, 2, 0); }
// SCT, SET, checkpoint, signature.
void BareBundleV03(benchmark::State& state) { Bare(state, true, 4, 0); }
BENCHMARK(BareClassicKeyless);
BENCHMARK(BareClassicKey);
BENCHMARK(BareBundleV03);

// SCT, checkpoint (Ed25519), signature; and the timestamp, whose own bare operations the benchmarks of the
// crypto room compare.
void BareBundleRekor2(benchmark::State& state) {
  const test::VirtualSigstore sigstore;
  const Bytes data(72, 3);
  const Bytes token = sigstore.Timestamp(data);
  std::vector<crypto::Certificate> chain;
  chain.push_back(Must(crypto::Certificate::FromDer(sigstore.tsa().der)));
  chain.push_back(Must(crypto::Certificate::FromDer(sigstore.tsa_root().der)));
  const auto authority = Must(crypto::TimestampAuthority::FromChain(chain, {}));
  const BarePath path;
  const BareSignature p256(test::KeyType::kP256, EVP_sha256());
  const BareSignature ed(test::KeyType::kEd25519, nullptr);
  for (auto _ : state) {
    const auto response = crypto::TimestampResponse::FromDer(token);
    if (!response || !response->Verify(data, authority) || !path.Verify() || !p256.Verify() ||
        !p256.Verify() || !ed.Verify()) {
      state.SkipWithError("does not verify");
    }
  }
}
BENCHMARK(BareBundleRekor2);

}  // namespace
}  // namespace plimsoll::sigstore

void* operator new(std::size_t size) {
  void* block = plimsoll::sigstore::Memory::Allocate(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* pointer) noexcept { plimsoll::sigstore::Memory::Free(pointer); }
void operator delete(void* pointer, std::size_t) noexcept {
  plimsoll::sigstore::Memory::Free(pointer);
}

int main(int argc, char** argv) {
  using plimsoll::sigstore::Memory;
  CRYPTO_set_mem_functions(
      [](std::size_t size, const char*, int) { return Memory::Allocate(size); },
      [](void* pointer, std::size_t size, const char*, int) {
        return Memory::Resize(pointer, size);
      },
      [](void* pointer, const char*, int) { Memory::Free(pointer); });
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
