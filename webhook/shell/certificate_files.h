// The serving certificate as mounted files, read again when they change.
#pragma once

#include <string>

#include "base/result.h"

namespace plimsoll::webhook {

struct CertificatePair {
  std::string chain_pem;
  std::string key_pem;
  friend bool operator==(const CertificatePair&, const CertificatePair&) = default;
};

// kNotFound, kLimitExceeded: names the file and the flag.
Result<CertificatePair> ReadCertificateFiles(const std::string& chain_file,
                                             const std::string& key_file);

}  // namespace plimsoll::webhook
