// What one verification costs, beside the bare libcrypto operations that it cannot do without: decoding the
// certificate, its path (two P-384 signatures), the SCT, the log's promise or checkpoint, the timestamp, the
// signature itself.
//
//   bench_verify [Google Benchmark's flags]   times, allocations and peak memory
//   bench_verify --repeat NAME COUNT          one of them, so often and nothing else: for whoever counts instructions
//   bench_verify --write FOLDER               the bundles, for other verifiers to judge
#include <benchmark/benchmark.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <new>

#include "base/digest.h"
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
  std::string Bundle(bool v2, bool with_key = false) {
    test::BundleSpec spec;
    if (with_key) spec.key = key;
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

// One verification; false when it does not hold.
using Work = std::function<bool()>;

Work ClassicWork(bool with_key) {
  const auto made = std::make_shared<Made>();
  const auto signature = std::make_shared<test::ClassicSignature>(made->Classic(with_key));
  const auto annotations =
      std::make_shared<std::map<std::string, std::string>>(signature->Annotations());
  return [=] {
    const auto at = [&](const char* name) -> std::string_view {
      const auto found = annotations->find(name);
      return found == annotations->end() ? std::string_view() : std::string_view(found->second);
    };
    const ClassicSignature view = {signature->payload,
                                   at("dev.cosignproject.cosign/signature"),
                                   at("dev.sigstore.cosign/certificate"),
                                   at("dev.sigstore.cosign/chain"),
                                   at("dev.sigstore.cosign/bundle"),
                                   ""};
    return made->verifier.VerifyClassic(view, made->image).verified();
  };
}

Work BundleWork(bool v2, bool with_key) {
  const auto made = std::make_shared<Made>();
  const std::string bundle = made->Bundle(v2, with_key);
  return [=] { return made->verifier.VerifyBundle(bundle, made->artifact).verified(); };
}

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

// A timestamp over `data_`, by an authority whose certificates are decoded already.
class BareTimestamp {
 public:
  BareTimestamp()
      : token_(sigstore_.Timestamp(data_)),
        tsa_(Decode(sigstore_.tsa().der)),
        root_(Decode(sigstore_.tsa_root().der)),
        store_(X509_STORE_new()),
        untrusted_(sk_X509_new_null()) {
    sk_X509_push(untrusted_, tsa_);
    X509_STORE_add_cert(store_, root_);
    X509_STORE_set_purpose(store_, X509_PURPOSE_TIMESTAMP_SIGN);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store_),
                               static_cast<time_t>(UnixSeconds(test::kSigningTime)));
  }
  BareTimestamp(const BareTimestamp&) = delete;
  BareTimestamp& operator=(const BareTimestamp&) = delete;
  ~BareTimestamp() {
    sk_X509_free(untrusted_);
    X509_STORE_free(store_);
    X509_free(tsa_);
    X509_free(root_);
  }

  bool Verify() const {
    const unsigned char* p = token_.data();
    TS_RESP* response = d2i_TS_RESP(nullptr, &p, static_cast<long>(token_.size()));
    TS_VERIFY_CTX* context = TS_VERIFY_CTX_new();
    TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_DATA);
    // The context frees what it was given.
    X509_STORE_up_ref(store_);
    TS_VERIFY_CTX_set_store(context, store_);
    TS_VERIFY_CTX_set_certs(context, X509_chain_up_ref(untrusted_));
    TS_VERIFY_CTX_set_data(context, BIO_new_mem_buf(data_.data(), static_cast<int>(data_.size())));
    const int verified = TS_RESP_verify_response(context, response);
    TS_VERIFY_CTX_free(context);
    TS_RESP_free(response);
    return verified == 1;
  }

 private:
  test::VirtualSigstore sigstore_;
  Bytes data_ = Bytes(72, 3);
  Bytes token_;
  X509* tsa_;
  X509* root_;
  X509_STORE* store_;
  STACK_OF(X509) * untrusted_;
};

struct BareParts {
  bool path = false;
  int p256 = 0;
  int ed25519 = 0;
  bool timestamp = false;
};

Work BareWork(const BareParts& parts) {
  struct Operations {
    BarePath path;
    BareSignature p256{test::KeyType::kP256, EVP_sha256()};
    BareSignature ed25519{test::KeyType::kEd25519, nullptr};
    BareTimestamp timestamp;
  };
  const auto bare = std::make_shared<Operations>();
  return [=] {
    bool verified = !parts.path || bare->path.Verify();
    for (int i = 0; i < parts.p256; ++i) verified = verified && bare->p256.Verify();
    for (int i = 0; i < parts.ed25519; ++i) verified = verified && bare->ed25519.Verify();
    return verified && (!parts.timestamp || bare->timestamp.Verify());
  };
}

// --- All of them. A bare one has the signatures of its neighbour: SCT, promise, checkpoint, the signature itself.

struct Named {
  const char* name;
  Work (*make)();
};
constexpr Named kAll[] = {
    {"VerifyClassicKeyless", [] { return ClassicWork(false); }},
    {"BareClassicKeyless", [] { return BareWork({.path = true, .p256 = 3}); }},
    {"VerifyClassicKey", [] { return ClassicWork(true); }},
    {"BareClassicKey", [] { return BareWork({.p256 = 2}); }},
    {"VerifyBundleV03", [] { return BundleWork(false, false); }},
    {"BareBundleV03", [] { return BareWork({.path = true, .p256 = 4}); }},
    {"VerifyBundleRekor2", [] { return BundleWork(true, false); }},
    {"BareBundleRekor2",
     [] { return BareWork({.path = true, .p256 = 2, .ed25519 = 1, .timestamp = true}); }},
    {"VerifyBundleKey", [] { return BundleWork(false, true); }},
    {"BareBundleKey", [] { return BareWork({.p256 = 3}); }},
};

void Measure(benchmark::State& state, Work (*make)()) {
  const Work work = make();
  for (auto _ : state) {
    if (!work()) state.SkipWithError("does not verify");
  }
  Memory::Reset();
  const std::size_t before = Memory::held;
  work();
  state.counters["allocations"] = static_cast<double>(Memory::allocations);
  state.counters["peakKiB"] = static_cast<double>(Memory::peak - before) / 1024;
}

int Repeat(std::string_view name, int count) {
  for (const Named& named : kAll) {
    if (named.name != name) continue;
    const Work work = named.make();
    for (int i = 0; i < count; ++i) {
      if (!work()) return 1;
    }
    return 0;
  }
  return 2;
}

int WriteBundles(const std::filesystem::path& folder) {
  Made made;
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  write("artifact", kArtifact);
  write("key.pub", made.key.Pem());
  write("trusted_root.json", made.sigstore.Trust().Json());
  write("bundle_v03.json", made.Bundle(false));
  write("bundle_rekor2.json", made.Bundle(true));
  write("bundle_key.json", made.Bundle(false, true));
  return 0;
}

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
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "--repeat" && argc == 4) {
    return plimsoll::sigstore::Repeat(argv[2], std::atoi(argv[3]));
  }
  if (mode == "--write" && argc == 3) return plimsoll::sigstore::WriteBundles(argv[2]);
  for (const auto& named : plimsoll::sigstore::kAll) {
    benchmark::RegisterBenchmark(named.name, plimsoll::sigstore::Measure, named.make);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
