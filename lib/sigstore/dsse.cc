#include "dsse.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/printable.h"
#include "proto_json.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::array<std::string_view, 2> kStatementTypes = {
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
};
constexpr std::string_view kSlsaV02 = "https://slsa.dev/provenance/v0.2";
constexpr std::string_view kSlsaV1 = "https://slsa.dev/provenance/v1";
constexpr std::size_t kMaxDigestsPerSubject = 16;
constexpr std::size_t kMaxDigestText = 256;

Result<std::string> BoundedString(const json::Value& value, std::size_t max_bytes) {
  PLIMSOLL_ASSIGN(std::string text, ProtoString(value));
  if (text.size() > max_bytes) {
    return Fail(kLimitExceeded,
                value.Path() + ": more than " + std::to_string(max_bytes) + " bytes");
  }
  return text;
}

Status ReadSubject(const json::Value& subject, std::vector<std::string>& digests) {
  const json::Value digest = subject["digest"];
  PLIMSOLL_TRY(digest.Object());
  if (digest.size() > kMaxDigestsPerSubject) {
    return Fail(kLimitExceeded, digest.Path() + ": more than " +
                                    std::to_string(kMaxDigestsPerSubject) + " digests");
  }
  for (json::Value d = digest.first(); !d.missing(); d = d.next()) {
    PLIMSOLL_ASSIGN(const std::string_view hex, d.String());
    if (hex.size() > kMaxDigestText || d.name().size() > kMaxDigestText) {
      return Fail(kLimitExceeded, digest.Path() + ": a digest that is too long");
    }
    digests.push_back(std::string(d.name()) + ":" + std::string(hex));
  }
  return {};
}

// A resource URI such as "git+https://host/owner/repo@refs/tags/v1", without its "git+" and its ref.
std::string RepositoryOfUri(std::string_view uri) {
  constexpr std::string_view kGit = "git+";
  if (uri.starts_with(kGit)) uri.remove_prefix(kGit.size());
  const auto scheme = uri.find("://");
  const auto path = uri.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  if (path != std::string_view::npos) uri = uri.substr(0, uri.find('@', path));
  return std::string(uri);
}

// SLSA v0.2: builder.id, invocation.configSource.uri.
Result<Provenance> ReadProvenanceV02(const json::Value& predicate, const Limits& limits) {
  Provenance provenance;
  PLIMSOLL_ASSIGN(provenance.builder_id,
                  BoundedString(predicate["builder"]["id"], limits.builder_id_bytes));
  const json::Value source = predicate["invocation"]["configSource"]["uri"];
  PLIMSOLL_ASSIGN(const std::string uri, BoundedString(source, limits.source_repository_uri_bytes));
  provenance.source_repository_uri = RepositoryOfUri(uri);
  return provenance;
}

// SLSA v1: runDetails.builder.id; the source is, by build type, the workflow's repository (GitHub), the
// source parameter, or the first resolved dependency.
Result<Provenance> ReadProvenanceV1(const json::Value& predicate, const Limits& limits) {
  Provenance provenance;
  PLIMSOLL_ASSIGN(provenance.builder_id,
                  BoundedString(predicate["runDetails"]["builder"]["id"], limits.builder_id_bytes));
  const json::Value definition = predicate["buildDefinition"];
  const json::Value parameters = definition["externalParameters"];
  for (const json::Value& candidate :
       {parameters["workflow"]["repository"], parameters["source"]["uri"],
        parameters["source"]["repository"], parameters["source"],
        definition["resolvedDependencies"][0]["uri"]}) {
    if (!candidate.IsString()) continue;
    PLIMSOLL_ASSIGN(const std::string uri,
                    BoundedString(candidate, limits.source_repository_uri_bytes));
    provenance.source_repository_uri = RepositoryOfUri(uri);
    break;
  }
  return provenance;
}

Status ReadProvenance(const json::Value& predicate, const Limits& limits, Statement& statement) {
  if (!IsSlsaProvenance(statement.predicate_type) || !predicate.IsObject()) return {};
  PLIMSOLL_ASSIGN(Provenance provenance, statement.predicate_type == kSlsaV02
                                             ? ReadProvenanceV02(predicate, limits)
                                             : ReadProvenanceV1(predicate, limits));
  if (!provenance.builder_id.empty()) statement.provenance = std::move(provenance);
  return {};
}

}  // namespace

bool IsSlsaProvenance(std::string_view predicate_type) {
  return predicate_type == kSlsaV02 || predicate_type == kSlsaV1;
}

Result<DsseEnvelope> ReadDsseEnvelope(const json::Value& value, const Limits& limits) {
  DsseEnvelope envelope;
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(envelope.payload_type, BoundedString(value["payloadType"], limits.issuer_bytes));
  PLIMSOLL_ASSIGN(const Bytes payload, ProtoBytes(value["payload"], limits.payload_bytes));
  envelope.payload = ToText(payload);
  const json::Value signatures = value["signatures"];
  PLIMSOLL_TRY(signatures.Array());
  if (signatures.size() > limits.dsse_signatures) {
    return Fail(kLimitExceeded, signatures.Path() + ": more than " +
                                    std::to_string(limits.dsse_signatures) + " signatures");
  }
  for (json::Value s = signatures.first(); !s.missing(); s = s.next()) {
    DsseSignature signature;
    PLIMSOLL_ASSIGN(signature.signature, ProtoBytes(s["sig"], limits.signature_bytes));
    PLIMSOLL_ASSIGN(signature.key_id, BoundedString(s["keyid"], limits.identity_bytes));
    if (signature.signature.empty()) {
      return Fail(kMalformed, s.Path() + ".sig: expected a signature");
    }
    envelope.signatures.push_back(std::move(signature));
  }
  return envelope;
}

Result<Statement> ParseStatement(std::string_view payload, const Limits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(payload, limits.payload_bytes, limits, "in-toto statement"));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  PLIMSOLL_ASSIGN(const std::string type, ProtoString(root["_type"]));
  if (std::find(kStatementTypes.begin(), kStatementTypes.end(), type) == kStatementTypes.end()) {
    return Fail(kUnsupportedFormat, "in-toto statement: expected _type " +
                                        std::string(kStatementTypes.back()) + ", found \"" +
                                        Printable(type, 96) + "\"");
  }
  Statement statement;
  PLIMSOLL_ASSIGN(statement.predicate_type,
                  BoundedString(root["predicateType"], limits.predicate_type_bytes));
  const json::Value subjects = root["subject"];
  PLIMSOLL_TRY(subjects.Array());
  if (subjects.size() > limits.subjects) {
    return Fail(kLimitExceeded,
                "in-toto statement: more than " + std::to_string(limits.subjects) + " subjects");
  }
  for (json::Value s = subjects.first(); !s.missing(); s = s.next()) {
    PLIMSOLL_TRY(ReadSubject(s, statement.subjects));
  }
  PLIMSOLL_TRY(ReadProvenance(root["predicate"], limits, statement));
  return statement;
}

}  // namespace plimsoll::sigstore
