#include "api/signing_baseline.h"

#include <utility>

#include "api/names.h"
#include "api/record_json.h"

namespace plimsoll::api {
namespace {

constexpr std::size_t kMaxRepository = 511;

void WriteSpec(json::Writer& writer, std::string_view repository) {
  writer.Key("spec");
  writer.BeginObject();
  writer.Member("repository", repository);
  writer.EndObject();
}

void WriteHead(json::Writer& writer, std::string_view name, const ObjectMeta* meta) {
  writer.Member("apiVersion", kApiVersion);
  writer.Member("kind", kBaselineKind);
  writer.Key("metadata");
  writer.BeginObject();
  writer.Member("name", name);
  if (meta != nullptr) {
    writer.MemberIfSet("uid", meta->uid);
    writer.MemberIfSet("resourceVersion", meta->resource_version);
  }
  writer.Key("labels");
  writer.BeginObject();
  writer.Member(kManagedByLabel, kManagedBy);
  writer.EndObject();
  writer.EndObject();
}

}  // namespace

Result<SigningBaseline> ReadSigningBaseline(std::string_view json) {
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(json, kResourceLimits));
  const json::Value root = document.root();
  SigningBaseline object;
  PLIMSOLL_ASSIGN(object.meta, ReadMeta(root["metadata"]));
  std::string repository = TextOr(root["spec"]["repository"], kMaxRepository);
  if (repository.empty()) {
    return Fail(kMalformed, "expected a SigningBaseline with spec.repository, found none in " +
                                object.meta.name);
  }
  object.record = ReadRecord(std::move(repository), root["status"]);
  return object;
}

bool IsUsable(const SigningBaseline& object) {
  return IsSupportedRepository(object.repository()) &&
         object.meta.name == BaselineName(object.repository());
}

std::string NewSigningBaselineJson(std::string_view repository) {
  json::Writer writer;
  writer.BeginObject();
  WriteHead(writer, BaselineName(repository), nullptr);
  WriteSpec(writer, repository);
  writer.EndObject();
  return std::move(writer).Take();
}

std::string SigningBaselineJson(const SigningBaseline& object) {
  json::Writer writer;
  writer.BeginObject();
  WriteHead(writer, object.meta.name, &object.meta);
  WriteSpec(writer, object.repository());
  writer.Key("status");
  WriteRecord(writer, object.record);
  writer.EndObject();
  return std::move(writer).Take();
}

}  // namespace plimsoll::api
