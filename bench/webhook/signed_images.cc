#include "signed_images.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/encoding.h"
#include "support/fake_registry/fake_registry.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::bench {
namespace {

constexpr int kImagesOfOne = 10;  // repository

test::TestKey Key() { return {test::KeyType::kP256, "bench"}; }

// Says what there is, a line an image, and serves it until the caller is gone.
[[noreturn]] void Serve(int count, std::FILE* out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  testing::FakeRegistry registry;
  const test::TestKey key = Key();
  for (int i = 0; i < count; ++i) {
    const std::string path = "bench/service-" + std::to_string(i / kImagesOfOne);
    const std::string repository = registry.host() + "/" + path;
    const std::string digest = registry.PushImage(path, "", "image " + std::to_string(i)).digest;
    testing::SimpleSignature signature;
    signature.payload = test::SimpleSigningText(repository, digest);
    signature.signature = Base64Encode(key.Sign(AsBytes(signature.payload)));
    registry.PushSignatures(path, digest, {signature});
    std::fprintf(out, "%s %s\n", repository.c_str(), digest.c_str());
  }
  std::fclose(out);
  while (true) ::pause();
}

}  // namespace

SignedImages::SignedImages(int count) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  registry_ = ::fork();
  if (registry_ < 0) std::abort();
  if (registry_ == 0) {
    ::close(ends[0]);
    Serve(count, ::fdopen(ends[1], "w"));
  }
  ::close(ends[1]);
  std::FILE* lines = ::fdopen(ends[0], "r");
  char repository[256], digest[128];
  while (std::fscanf(lines, "%255s %127s", repository, digest) == 2)
    images_.push_back({repository, digest});
  std::fclose(lines);
  if (images_.size() != static_cast<std::size_t>(count)) std::abort();
}

SignedImages::~SignedImages() {
  ::kill(registry_, SIGKILL);
  ::waitpid(registry_, nullptr, 0);
}

std::string SignedImages::host() const {
  const std::string& repository = images_.front().repository;
  return repository.substr(0, repository.find('/'));
}

std::string SignedImages::public_key() const { return Key().Pem(); }

}  // namespace plimsoll::bench
