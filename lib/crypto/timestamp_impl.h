#pragma once

#include <string>
#include <vector>

#include "crypto/timestamp.h"
#include "ossl.h"

namespace plimsoll::crypto {

struct TimestampResponse::Impl {
  ossl::Response response;
  const PKCS7_SIGNED* signed_data = nullptr;  // within `response`
  const PKCS7_SIGNER_INFO* signer = nullptr;  // the only one, within `response`
  ByteView content;                           // the TSTInfo's DER, within `response`
  int imprint_hash = NID_undef;
  Bytes imprint;
  Time time;
  std::string policy;
  std::string serial;
  std::vector<Certificate> certificates;
};

// The digest by libcrypto's number of it; kTimestampHashRefused for all but SHA-256, SHA-384 and SHA-512.
Result<Bytes> HashByNid(int nid, ByteView bytes);
int NidOf(const X509_ALGOR* algorithm);

}  // namespace plimsoll::crypto
