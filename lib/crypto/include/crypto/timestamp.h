// Time-stamps (RFC 3161, RFC 5816): a signed statement that some bytes existed at a moment.
//
// Verify checks, in this order, each with its own reason:
//  1. the imprint is the hash of the data (SHA-256, SHA-384 or SHA-512);
//  2. there is exactly one signer, and it is the authority's (by issuer and serial): the certificate that the
//     authority names, or, where it names none, an embedded one;
//  3. signed attributes: content type TSTInfo, and the message digest of the content, each once;
//  4. the signature over the attributes;
//  5. the signer's extended key usage is critical and only timeStamping;
//  6. its path to one of the authority's roots at the time that the token itself states (chain.h);
//  7. the attributes name the signer's certificate first in an ESSCertID or ESSCertIDv2, and no certificate
//     that is neither in the path nor embedded;
//  8. the time is within the authority's own window, both ends inclusive.
// Embedded certificates help to build the path and are never roots. Nonce, accuracy, ordering,
// policy and the TSA's name are not compared with anything: nobody asked for them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/sct.h"

namespace plimsoll::crypto {

struct TimestampAuthority {
  std::optional<Certificate> signer;  // known beforehand, where the trust root holds it
  std::vector<Certificate> intermediates;
  std::vector<Certificate> roots;
  Window window;

  // From a trust root's chain, leaf first, root last. One certificate alone is a root.
  // kInvalidArgument for none.
  static Result<TimestampAuthority> FromChain(std::vector<Certificate> chain, Window window);
};

// A TimeStampResp that was parsed completely, and not yet verified. Cheap to copy; const.
class TimestampResponse {
 public:
  // kMalformed, kLimitExceeded, kTimestampNotGranted, kTimestampHashRefused.
  static Result<TimestampResponse> FromDer(ByteView der);

  Time time() const;           // genTime; fractions below a microsecond are cut
  std::string Policy() const;  // dotted OID
  std::string SerialHex() const;
  const std::vector<Certificate>& certificates() const;  // embedded, untrusted

  // The time, when everything holds. kUnknownTimestampAuthority when the signer is not this
  // authority's or its path leads to none of its roots.
  Result<Time> Verify(ByteView data, const TimestampAuthority& authority) const;

  struct Impl;  // for the other files of this room

 private:
  explicit TimestampResponse(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace plimsoll::crypto
