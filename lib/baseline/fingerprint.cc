#include "baseline/fingerprint.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "json_array.h"

namespace plimsoll::baseline {
namespace {

void AddTuple(const Signer& signer, JsonArray& array) {
  array.Add(ToText(signer.kind));
  array.Add(signer.canonical_identity);
  array.Add(signer.issuer);
  array.Add(Canonical(signer.build_config_uri));
  array.Add(signer.source_repository_id);
  array.Add(signer.source_repository_owner_id);
  array.Add(signer.spki_sha256);
}

std::string Hash(JsonArray& array, std::size_t length) {
  return Sha256Hex(AsBytes(array.Take())).substr(0, length);
}

}  // namespace

std::string SignerFingerprint(DriftKind kind, std::string_view repository, const Signer& signer) {
  JsonArray array;
  array.Add("s");
  array.Add(ToText(kind));
  array.Add(repository);
  AddTuple(signer, array);
  return "s-" + Hash(array, 32);
}

std::string DigestFingerprint(DriftKind kind, std::string_view repository,
                              std::string_view digest) {
  JsonArray array;
  array.Add("d");
  array.Add(ToText(kind));
  array.Add(repository);
  array.Add(digest);
  return "d-" + Hash(array, 32);
}

std::string RepositoryFingerprint(DriftKind kind, std::string_view repository) {
  JsonArray array;
  array.Add("r");
  array.Add(ToText(kind));
  array.Add(repository);
  return "r-" + Hash(array, 32);
}

std::string SignerId(const Signer& signer) {
  JsonArray array;
  AddTuple(signer, array);
  return Hash(array, 16);
}

std::optional<char> FingerprintForm(std::string_view text) {
  if (text.size() != 34 || text[1] != '-' || !IsLowerHex(text.substr(2), 32)) return std::nullopt;
  const char form = text[0];
  if (form != 's' && form != 'd' && form != 'r') return std::nullopt;
  return form;
}

}  // namespace plimsoll::baseline
