#include "sealed.h"

#include <array>
#include <cstring>
#include <random>
#include <utility>

#include "base/digest.h"

namespace plimsoll::oci {
namespace {

// Makes ids of no use outside this process. Constant once made.
const std::array<std::uint8_t, 32>& ProcessSalt() {
  static const auto salt = [] {
    std::array<std::uint8_t, 32> bytes{};
    std::random_device device;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(device());
    return bytes;
  }();
  return salt;
}

std::uint64_t IdOf(const SealedCredential& content) {
  Hasher hasher(Hasher::Algorithm::kSha256);
  hasher.Update(ProcessSalt());
  for (const auto* part :
       {&content.username, &content.password, &content.identity_token, &content.registry_token}) {
    const auto text = part->Reveal();
    const std::uint64_t length = text.size();
    std::array<std::uint8_t, sizeof(length)> prefix{};
    std::memcpy(prefix.data(), &length, sizeof(length));
    hasher.Update(prefix);
    hasher.Update(AsBytes(text));
  }
  const auto digest = hasher.Finish();
  std::uint64_t id = 0;
  std::memcpy(&id, digest.data(), sizeof(id));
  return id == 0 ? 1 : id;
}

}  // namespace

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    Wipe();
    text_ = std::move(other.text_);
    other.Wipe();
  }
  return *this;
}

void SecretText::Wipe() {
  explicit_bzero(text_.data(), text_.size());
  text_.clear();
}

SealedCredential::SealedCredential(SecretText user, SecretText pass, SecretText identity,
                                   SecretText registry)
    : username(std::move(user)),
      password(std::move(pass)),
      identity_token(std::move(identity)),
      registry_token(std::move(registry)),
      id(IdOf(*this)) {}

std::shared_ptr<const SealedCredential> Seal(std::string_view username, std::string_view password,
                                             std::string_view identity_token,
                                             std::string_view registry_token) {
  if (username == "<token>" && identity_token.empty()) {
    identity_token = password;
    username = {};
    password = {};
  }
  const bool has_login = !username.empty() && !password.empty();
  if (!has_login && identity_token.empty() && registry_token.empty()) return nullptr;
  return std::make_shared<const SealedCredential>(SecretText(username), SecretText(password),
                                                  SecretText(identity_token),
                                                  SecretText(registry_token));
}

Credential::Credential(CredentialKind kind, std::string origin,
                       std::shared_ptr<const SealedCredential> content)
    : kind_(content ? kind : CredentialKind::kAnonymous),
      origin_(std::move(origin)),
      content_(std::move(content)) {}

std::uint64_t Credential::id() const { return content_ ? content_->id : 0; }

std::string_view CredentialKindName(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::kAnonymous:
      return "Anonymous";
    case CredentialKind::kDockerConfig:
      return "DockerConfig";
    case CredentialKind::kCredentialHelper:
      return "CredentialHelper";
    case CredentialKind::kCredentialProvider:
      return "CredentialProvider";
    case CredentialKind::kPullSecret:
      return "PullSecret";
  }
  return "Anonymous";
}

}  // namespace plimsoll::oci
