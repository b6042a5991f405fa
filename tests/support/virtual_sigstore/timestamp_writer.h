// Time-stamp responses (RFC 3161) of the tests, field by field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "support/virtual_sigstore/certificate_writer.h"

namespace plimsoll::test {

enum class ImprintHash { kSha1, kSha256, kSha384, kSha512 };

struct TimestampSpec {
  Time time = {};
  int status = 0;  // granted
  bool token = true;
  int version = 1;
  ImprintHash imprint_hash = ImprintHash::kSha256;
  std::optional<Bytes> imprint = {};  // another one
  std::string policy = "1.3.6.1.4.1.57264.2";
  Bytes serial = {0x2a};
  std::optional<std::string> gen_time = {};  // the text, instead of `time`
  bool critical_extension = false;

  std::vector<Bytes> certificates = {};       // to embed, DER
  ImprintHash digest = ImprintHash::kSha256;  // of content and attributes
  std::optional<crypto::SignatureAlgorithm> algorithm =
      {};  // default: the key's type with `digest`

  bool content_type = true;
  bool message_digest = true;
  bool damage_message_digest = false;
  bool ess_v1 = false;
  bool ess_v2 = true;
  std::optional<Bytes> ess_certificate = {};  // another certificate's DER
  bool damage_signature = false;
  bool second_signer = false;
  std::optional<Bytes> issuer_and_serial = {};  // another signer's
};

// Who signs it.
struct TimestampSigner {
  const TestKey* key = nullptr;
  Bytes certificate = {};        // DER
  Bytes issuer_and_serial = {};  // DER
};

Bytes WriteTimestamp(const TimestampSpec& spec, ByteView data, const TimestampSigner& signer);

}  // namespace plimsoll::test
