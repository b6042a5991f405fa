// RAII for libcrypto's handles, and its error queue.
//
// The queue belongs to the thread and keeps old entries: clear it before a call whose failure is to be told,
// collect it after.
#pragma once

#include <memory>
#include <string>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/printable.h"

namespace plimsoll::crypto::ossl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
template <class T, auto Free>
using Ptr = std::unique_ptr<T, Deleter<Free>>;

inline void FreeMemory(void* p) { OPENSSL_free(p); }
inline void FreeX509Stack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}  // the elements are borrowed
inline void FreeX509List(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

using Key = Ptr<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Ptr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Ptr<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Ptr<BIGNUM, BN_free>;
using Cert = Ptr<X509, X509_free>;
using CertAlgorithm = Ptr<X509_ALGOR, X509_ALGOR_free>;
using Spki = Ptr<X509_PUBKEY, X509_PUBKEY_free>;
using Store = Ptr<X509_STORE, X509_STORE_free>;
using StoreContext = Ptr<X509_STORE_CTX, X509_STORE_CTX_free>;
using BorrowedCerts = Ptr<STACK_OF(X509), FreeX509Stack>;
using OwnedCerts = Ptr<STACK_OF(X509), FreeX509List>;
using Names = Ptr<GENERAL_NAMES, GENERAL_NAMES_free>;
using Octets = Ptr<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using BitString = Ptr<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using Utf8 = Ptr<ASN1_UTF8STRING, ASN1_UTF8STRING_free>;
using Constraints = Ptr<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using Purposes = Ptr<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using KeyIdentifier = Ptr<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using Response = Ptr<TS_RESP, TS_RESP_free>;
using Info = Ptr<TS_TST_INFO, TS_TST_INFO_free>;
using EssV1 = Ptr<ESS_SIGNING_CERT, ESS_SIGNING_CERT_free>;
using EssV2 = Ptr<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free>;
using Stream = Ptr<BIO, BIO_free_all>;

// What libcrypto says about the last failure, cleared; escaped for showing. Empty when it says nothing.
inline std::string TakeErrors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    text += reason != nullptr ? reason : "unnamed error";
  }
  return Printable(text);
}

// Clears the queue on entry and on exit, so that no call leaves entries to the next.
class CleanQueue {
 public:
  CleanQueue() { ERR_clear_error(); }
  ~CleanQueue() { ERR_clear_error(); }
  CleanQueue(const CleanQueue&) = delete;
  CleanQueue& operator=(const CleanQueue&) = delete;
};

// Decodes all of `der`: null when it is malformed or when bytes are left over.
template <class Handle, class Decode>
Handle DecodeAll(ByteView der, Decode decode) {
  const unsigned char* p = der.data();
  Handle handle(decode(nullptr, &p, static_cast<long>(der.size())));
  if (handle != nullptr && p != der.data() + der.size()) handle.reset();
  return handle;
}

// Encodes by an i2d function; empty on failure.
template <class T, class Encode>
Bytes EncodeDer(T* object, Encode encode) {
  unsigned char* raw = nullptr;
  const int length = encode(object, &raw);
  const Ptr<unsigned char, FreeMemory> owner(raw);
  if (length <= 0) return {};
  return Bytes(raw, raw + length);
}

inline ByteView View(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// Dotted, whatever names libcrypto knows.
inline std::string DottedOid(const ASN1_OBJECT* object) {
  char text[128];
  const int length = OBJ_obj2txt(text, sizeof text, object, 1);
  if (length <= 0 || static_cast<std::size_t>(length) >= sizeof text) return {};
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace plimsoll::crypto::ossl
