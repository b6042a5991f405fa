// Certificates and everything that is read from one.
#include <cstdint>
#include <cstdlib>

#include "crypto/certificate.h"
#include "crypto/chain.h"
#include "crypto/sct.h"

using plimsoll::ByteView;
using plimsoll::crypto::Certificate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto certificate = Certificate::FromDer(ByteView(data, size));
  if (!certificate) return 0;
  // What was read is what was given, and is read again.
  const auto again = Certificate::FromPem(certificate->Pem());
  if (!again || !(*again == *certificate)) std::abort();
  (void)certificate->Subject();
  (void)certificate->Issuer();
  (void)certificate->SerialHex();
  (void)certificate->SubjectCommonName();
  (void)certificate->SubjectOrganization();
  (void)certificate->SubjectIsEmpty();
  (void)certificate->NamesAsIssuer(*certificate);
  for (const auto& extension : certificate->extensions()) {
    if (certificate->FindExtension(extension.oid) == nullptr) std::abort();
    (void)plimsoll::crypto::DecodeUtf8String(extension.value);
  }
  (void)certificate->TbsWithoutScts();
  (void)plimsoll::crypto::EmbeddedScts(*certificate);
  const Certificate one[] = {*certificate};
  // A certificate alone never leads anywhere but to itself.
  if (VerifyChain(*certificate, {one, one, certificate->not_before()})) std::abort();
  return 0;
}
