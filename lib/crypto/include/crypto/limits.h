// Bounds on what this room reads. Everything it parses was chosen by a stranger.
#pragma once

#include <cstddef>

namespace plimsoll::crypto {

struct Limits {
  std::size_t max_key_bytes = 8u << 10;           // SPKI DER; an RSA-8192 key has 1,062
  std::size_t max_pem_bytes = 1u << 20;           // a PEM text, all its blocks
  std::size_t max_certificate_bytes = 64u << 10;  // one certificate, DER
  std::size_t max_certificates = 16;              // in one bundle, chain or time-stamp
  std::size_t max_extensions = 64;                // in one certificate
  std::size_t max_alternative_names = 256;        // in one certificate
  std::size_t max_name_bytes = 16u << 10;         // one alternative name
  std::size_t max_signature_bytes = 1u << 10;     // RSA-8192
  std::size_t max_path = 6;                       // leaf and anchor included
  std::size_t max_sct_list_bytes = 16u << 10;
  std::size_t max_scts = 16;
  std::size_t max_timestamp_bytes = 128u << 10;  // a TimeStampResp, its certificates included
};
inline constexpr Limits kLimits{};

}  // namespace plimsoll::crypto
