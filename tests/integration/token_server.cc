#include "token_server.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "base/encoding.h"

namespace plimsoll::testing {
namespace {

constexpr char kService[] = "a-registry";
constexpr char kIssuer[] = "a-token-server";

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

std::string Url(std::string_view bytes) { return Base64UrlEncode(AsBytes(bytes)); }

// ES256 as JWS writes it: r and s, 32 bytes each.
std::string Sign(const std::string& key_pem, const std::string& text) {
  const Owned<BIO> bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> der{};
  std::size_t size = der.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
    std::abort();
  }
  const unsigned char* at = der.data();
  const Owned<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::array<unsigned char, 64> raw{};
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 32, 32);
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

// The first certificate of a PEM file, without its armour.
std::string FirstCertificate(const std::string& pem) {
  const std::string begin = "-----BEGIN CERTIFICATE-----";
  const auto from = pem.find(begin) + begin.size();
  std::string text = pem.substr(from, pem.find("-----END", from) - from);
  std::erase(text, '\n');
  return text;
}

// "a=b&c=d", decoded as far as scopes need it.
std::string FormField(const std::string& body, const std::string& name) {
  const auto at = ("&" + body).find("&" + name + "=");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 1;
  std::string value = body.substr(from, body.find('&', from) - from);
  for (const auto& [code, character] : {std::pair{"%3A", ":"}, {"%2F", "/"}, {"%2C", ","}}) {
    for (auto i = value.find(code); i != std::string::npos; i = value.find(code, i))
      value.replace(i, 3, character);
  }
  return value;
}

std::string Claims(const std::string& repository, long long now, bool expired) {
  const long long issued = expired ? now - 7200 : now - 5;
  return R"({"iss":")" + std::string(kIssuer) + R"(","sub":"","aud":")" + kService + R"(","iat":)" +
         std::to_string(issued) + R"(,"nbf":)" + std::to_string(issued) + R"(,"exp":)" +
         std::to_string(expired ? now - 3600 : now + 300) +
         R"(,"jti":"1","access":[{"type":"repository","name":")" + repository +
         R"(","actions":["pull"]}]})";
}

}  // namespace

TokenServer::TokenServer(const TlsIdentity& identity)
    : key_pem_(identity.key_pem),
      certificate_(FirstCertificate(identity.certificate_pem)),
      server_(FaultServer::Options{.tls = true,
                                   .ipv6 = false,
                                   .identity = identity,
                                   .only_tls_1_1 = false,
                                   .client_ca_pem = ""}) {
  server_.OnAny([this](const SeenRequest& request) { return Answer(request); });
}

std::string TokenServer::RegistryAuth(const std::string& root_file) const {
  return "auth:\n  token: {realm: \"" + server_.Url("/token") + "\", service: " + kService +
         ", issuer: " + kIssuer + ", rootcertbundle: " + root_file + "}\n";
}

Reply TokenServer::Answer(const SeenRequest& request) {
  const std::string login = "Basic " + Base64Encode(AsBytes(std::string_view("user:secret")));
  const bool post = request.method == "POST";
  const bool known = post ? FormField(request.body, "refresh_token") == "long-lived"
                          : request.Header("Authorization") == login;
  const bool anonymous = !post && !request.Has("Authorization") && grants_anonymous;
  if (request.path != "/token" || (!known && !anonymous))
    return Reply::Status(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]})",
                         {{"Content-Type", "application/json"}});
  const std::string token =
      Token(post ? FormField(request.body, "scope") : request.Parameter("scope"));
  return Reply::Ok(R"({")" + std::string(post ? "access_token" : "token") + R"(":")" + token +
                   R"(","expires_in":300})");
}

std::string TokenServer::Token(const std::string& scope) {
  const auto from = scope.find(':') + 1;
  const std::string repository =
      for_another_repository ? "other/app" : scope.substr(from, scope.rfind(':') - from);
  const long long now = std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  const bool expired = already_expired > 0 && already_expired-- > 0;
  const std::string text = Url(R"({"typ":"JWT","alg":"ES256","x5c":[")" + certificate_ + R"("]})") +
                           "." + Url(Claims(repository, now, expired));
  return text + "." + Url(Sign(key_pem_, text));
}

}  // namespace plimsoll::testing
