// What a credential holds. Only the code that sends it includes this header.
//
// The text is wiped when its last holder goes. There is no way to print it: no conversion, no stream operator, no
// comparison.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "oci/credentials.h"

namespace plimsoll::oci {

class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string_view text) : text_(text) {}
  ~SecretText() { Wipe(); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.Wipe(); }
  SecretText& operator=(SecretText&& other) noexcept;

  bool empty() const { return text_.empty(); }
  // For building the request that carries it, and for nothing else.
  std::string_view Reveal() const { return text_; }

 private:
  void Wipe();
  std::string text_;
};

struct SealedCredential {
  SealedCredential(SecretText user, SecretText pass, SecretText identity, SecretText registry);

  SecretText username;
  SecretText password;
  SecretText identity_token;  // an OAuth2 refresh token
  SecretText registry_token;  // a bearer token, sent as it is
  std::uint64_t id;           // never 0
};

class CredentialReader {
 public:
  // Null for the anonymous one.
  static const SealedCredential* Content(const Credential& credential) {
    return credential.content_.get();
  }
};

// Nothing when there is nothing to send. docker's convention: the user name `<token>` means that the password is
// an identity token.
std::shared_ptr<const SealedCredential> Seal(std::string_view username, std::string_view password,
                                             std::string_view identity_token,
                                             std::string_view registry_token);

}  // namespace plimsoll::oci
