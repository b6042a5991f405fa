#include "sigstore/payload.h"

#include <array>

#include "base/printable.h"
#include "json/json.h"
#include "proto_json.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::string_view kCosignType = "cosign container image signature";

void AppendUnicodeEscape(std::string& out, unsigned code) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(code >> shift) & 0xf];
}

std::size_t Utf8Length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (IsUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

// A JSON string as Go's encoding/json writes it, with its HTML escapes.
std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = Utf8Length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length == 0) {
      out += "\\ufffd";
    } else if (character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9") {
      AppendUnicodeEscape(out, character.back() == '\xa8' ? 0x2028 : 0x2029);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
      AppendUnicodeEscape(out, static_cast<unsigned char>(c));
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out + '"';
}

// Statements of cosign's bundle signatures, by version; see the header.
constexpr std::array<std::array<std::string_view, 2>, 3> kStatementShapes = {{
    {"", ""},
    {",\"annotations\":{}", ""},
    {",\"annotations\":{}", ",\"predicate\":{}"},
}};

}  // namespace

Result<SimpleSigning> ParseSimpleSigning(std::string_view payload, const Limits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(payload, limits.payload_bytes, limits, "signed payload"));
  const json::Value critical = document.root()["critical"];
  SimpleSigning simple;
  PLIMSOLL_ASSIGN(simple.type, ProtoString(critical["type"]));
  if (simple.type != kCosignType) {
    return Fail(kUnsupportedFormat, "the signed payload is of type \"" +
                                        Printable(simple.type, 96) + "\", not \"" +
                                        std::string(kCosignType) + "\"");
  }
  PLIMSOLL_ASSIGN(const auto digest, critical["image"]["docker-manifest-digest"].String());
  simple.manifest_digest = std::string(digest);
  PLIMSOLL_ASSIGN(simple.docker_reference, ProtoString(critical["identity"]["docker-reference"]));
  if (simple.docker_reference.size() > limits.docker_reference_bytes) {
    return Fail(kLimitExceeded, "the docker-reference of the signed payload has more than " +
                                    std::to_string(limits.docker_reference_bytes) + " bytes");
  }
  const json::Value optional = document.root()["optional"];
  for (json::Value v = optional.IsObject() ? optional.first() : json::Value(); !v.missing();
       v = v.next()) {
    if (!v.IsString()) {
      simple.optional.clear();
      break;
    }
    simple.optional.emplace(v.name(), v.StringOrEmpty());
  }
  return simple;
}

std::string SimpleSigningPayload(std::string_view docker_reference,
                                 std::string_view manifest_digest,
                                 const std::map<std::string, std::string>& optional) {
  std::string text =
      "{\"critical\":{\"identity\":{\"docker-reference\":" + GoQuote(docker_reference) +
      "},\"image\":{\"docker-manifest-digest\":" + GoQuote(manifest_digest) +
      "},\"type\":" + GoQuote(kCosignType) + "},\"optional\":";
  if (optional.empty()) return text + "null}";
  char separator = '{';
  for (const auto& [key, value] : optional) {
    text += separator + GoQuote(key) + ":" + GoQuote(value);
    separator = ',';
  }
  return text + "}}";
}

std::string CosignReference(std::string_view repository_key) {
  constexpr std::string_view kDockerHub = "docker.io/";
  if (repository_key.starts_with(kDockerHub)) return "index." + std::string(repository_key);
  return std::string(repository_key);
}

std::vector<std::string> BundleStatementCandidates(std::string_view manifest_digest) {
  const auto colon = manifest_digest.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string algorithm = GoQuote(manifest_digest.substr(0, colon));
  const std::string hex = GoQuote(manifest_digest.substr(colon + 1));
  std::vector<std::string> candidates;
  for (const auto& [annotations, predicate] : kStatementShapes) {
    const std::string tight =
        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{" + algorithm +
        ":" + hex + "}" + std::string(annotations) + "}],\"predicateType\":\"" +
        std::string(kCosignSignPredicate) + "\"" + std::string(predicate) + "}";
    std::string spaced;
    for (const char c : tight) {
      spaced += c;
      if (c == ',') spaced += ' ';
    }
    candidates.push_back(tight);
    candidates.push_back(spaced);
  }
  return candidates;
}

Bytes PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload) {
  std::string text = "DSSEv1 " + std::to_string(payload_type.size()) + " ";
  text += payload_type;
  text += " " + std::to_string(payload.size()) + " ";
  text += payload;
  return ToBytes(std::string_view(text));
}

}  // namespace plimsoll::sigstore
