#include "signed_images.h"

#include "base/encoding.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::bench {
namespace {

constexpr int kImagesOfOne = 10;  // repository

}  // namespace

SignedImages::SignedImages(int count) : key_(test::KeyType::kP256, "bench") {
  images_.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::string path = "bench/service-" + std::to_string(i / kImagesOfOne);
    const std::string repository = host() + "/" + path;
    const std::string digest = registry_.PushImage(path, "", "image " + std::to_string(i)).digest;
    testing::SimpleSignature signature;
    signature.payload = test::SimpleSigningText(repository, digest);
    signature.signature = Base64Encode(key_.Sign(AsBytes(signature.payload)));
    registry_.PushSignatures(path, digest, {signature});
    images_.push_back({repository, digest});
  }
}

}  // namespace plimsoll::bench
