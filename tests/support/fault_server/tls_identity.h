// Certificates for tests: a certificate authority made in memory, and a leaf under it.
#pragma once

#include <string>
#include <vector>

namespace plimsoll::testing {

struct TlsIdentity {
  std::string ca_pem;
  std::string certificate_pem;  // the leaf, then the authority
  std::string key_pem;
};

struct TlsIdentityOptions {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};  // DNS names or addresses
  bool expired = false;
  bool other_authority = false;  // ca_pem is not the one that signed the leaf
};

// ECDSA P-256. Aborts the test program when OpenSSL fails.
TlsIdentity MakeTlsIdentity(const TlsIdentityOptions& options = {});

// Writes text to a new file in the temporary folder and returns its path. It is gone when the program ends.
std::string WriteTemporaryFile(const std::string& name_hint, const std::string& text);

}  // namespace plimsoll::testing
