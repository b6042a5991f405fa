// What one verification accepts from outside. Beyond any of these the answer is Unverifiable,
// LimitExceeded: nothing is cut before it is compared.
#pragma once

#include <cstddef>

namespace plimsoll::sigstore {

struct Limits {
  std::size_t bundle_bytes = 8u << 20;
  std::size_t payload_bytes = 4u << 20;       // simple signing payload or DSSE envelope
  std::size_t annotation_bytes = 256u << 10;  // each of certificate, chain, bundle, timestamp
  std::size_t signature_bytes = 2048;
  std::size_t json_depth = 32;
  std::size_t json_values = 300'000;  // SBOM statements have many
  std::size_t certificate_bytes = 64u << 10;
  std::size_t certificates = 10;
  std::size_t log_entries = 32;
  std::size_t entry_body_bytes = 4u << 20;
  std::size_t timestamps = 32;
  std::size_t timestamp_bytes = 64u << 10;
  std::size_t proof_hashes = 64;
  std::size_t note_bytes = 64u << 10;
  std::size_t note_signatures = 64;
  std::size_t dsse_signatures = 16;
  std::size_t subjects = 1024;
  std::size_t configured_keys = 64;
  std::size_t trusted_root_bytes = 4u << 20;
  std::size_t trusted_root_parts = 128;  // each of CAs, logs, CT logs, timestamp authorities

  // Text of certificates, payloads and statements; the bounds of the resources that show it.
  std::size_t identity_bytes = 1024;
  std::size_t issuer_bytes = 512;
  std::size_t build_config_uri_bytes = 1024;
  std::size_t source_repository_uri_bytes = 512;
  std::size_t repository_id_bytes = 64;
  std::size_t extension_bytes = 1024;  // every other Fulcio extension
  std::size_t docker_reference_bytes = 511;
  std::size_t builder_id_bytes = 512;
  std::size_t predicate_type_bytes = 512;
};

}  // namespace plimsoll::sigstore
