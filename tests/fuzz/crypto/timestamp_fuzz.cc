// Time-stamp responses, parsed and judged.
#include <cstdint>
#include <cstdlib>

#include "crypto/timestamp.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace {

using plimsoll::crypto::Certificate;
using plimsoll::crypto::TimestampAuthority;

// The authority that signed the corpus: good responses pass every check, mutations fail late.
const TimestampAuthority& Authority() {
  static const TimestampAuthority authority = [] {
    const plimsoll::test::VirtualSigstore sigstore;
    return *TimestampAuthority::FromChain(
        {*Certificate::FromDer(sigstore.tsa().der), *Certificate::FromDer(sigstore.tsa_root().der)},
        {});
  }();
  return authority;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto response =
      plimsoll::crypto::TimestampResponse::FromDer(plimsoll::ByteView(data, size));
  if (!response) return 0;
  (void)plimsoll::FormatMicroTime(response->time());
  (void)response->Policy();
  (void)response->SerialHex();
  if (response->Verify(plimsoll::AsBytes("other bytes"), Authority())) std::abort();
  (void)response->Verify(plimsoll::AsBytes("signature bytes"), Authority());
  TimestampAuthority unnamed = Authority();
  unnamed.signer.reset();
  (void)response->Verify(plimsoll::AsBytes("signature bytes"), unnamed);
  return 0;
}
