#include "kube/object_writer.h"

#include <utility>

#include "json/writer.h"

namespace plimsoll::kube {
namespace {

std::string_view ContentType(PatchType type) {
  switch (type) {
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kApply:
      return "application/apply-patch+yaml";  // JSON is YAML
  }
  return "";
}

}  // namespace

Result<std::string> ObjectWriter::Create(const ResourceType& type, std::string_view namespace_name,
                                         std::string json, std::stop_token stop) {
  if (type.namespaced && !IsObjectName(namespace_name)) {
    return Fail(kInvalidArgument, "create " + type.plural + ": expected a namespace");
  }
  Request request;
  request.method = Method::kPost;
  request.target = CollectionPath(type, namespace_name);
  request.body = std::move(json);
  PLIMSOLL_ASSIGN(Response response,
                  client_.Send(request, "create " + type.plural, std::move(stop)));
  return std::move(response.body);
}

Result<std::string> ObjectWriter::Put(const ResourceType& type, std::string_view namespace_name,
                                      std::string_view name, std::string_view subresource,
                                      std::string json, std::stop_token stop) {
  const std::string what = "update " + type.plural + "/" + std::string(name) +
                           (subresource.empty() ? "" : " " + std::string(subresource));
  PLIMSOLL_ASSIGN(std::string path, ObjectPath(type, namespace_name, name, subresource));
  PLIMSOLL_ASSIGN(const ObjectMeta meta, ReadObjectMeta(json));
  if (meta.name != name || meta.resource_version.empty()) {
    return Fail(
        kInvalidArgument,
        what +
            ": expected metadata.name and metadata.resourceVersion in the object; without a "
            "version the server would overwrite what others wrote");
  }
  Request request;
  request.method = Method::kPut;
  request.target = std::move(path);
  request.body = std::move(json);
  PLIMSOLL_ASSIGN(Response response, client_.Send(request, what, std::move(stop)));
  return std::move(response.body);
}

Result<std::string> ObjectWriter::UpdateStatus(const ResourceType& type,
                                               std::string_view namespace_name,
                                               std::string_view name, std::string json,
                                               std::stop_token stop) {
  return Put(type, namespace_name, name, "status", std::move(json), std::move(stop));
}

Result<std::string> ObjectWriter::Update(const ResourceType& type, std::string_view namespace_name,
                                         std::string_view name, std::string json,
                                         std::stop_token stop) {
  return Put(type, namespace_name, name, {}, std::move(json), std::move(stop));
}

Status ObjectWriter::Delete(const ResourceType& type, std::string_view namespace_name,
                            std::string_view name, const DeletePreconditions& preconditions,
                            std::stop_token stop) {
  PLIMSOLL_ASSIGN(std::string path, ObjectPath(type, namespace_name, name));
  json::Writer body;
  body.BeginObject();
  body.Member("kind", "DeleteOptions");
  body.Member("apiVersion", "v1");
  if (!preconditions.uid.empty() || !preconditions.resource_version.empty()) {
    body.Key("preconditions");
    body.BeginObject();
    body.MemberIfSet("uid", preconditions.uid);
    body.MemberIfSet("resourceVersion", preconditions.resource_version);
    body.EndObject();
  }
  body.EndObject();
  Request request;
  request.method = Method::kDelete;
  request.target = std::move(path);
  request.body = std::move(body).Take();
  PLIMSOLL_TRY(
      client_.Send(request, "delete " + type.plural + "/" + std::string(name), std::move(stop)));
  return {};
}

Result<std::string> ObjectWriter::Patch(const ResourceType& type, std::string_view namespace_name,
                                        std::string_view name, std::string body,
                                        const PatchOptions& options, std::stop_token stop) {
  const std::string what = "patch " + type.plural + "/" + std::string(name);
  if (options.type == PatchType::kApply && options.field_manager.empty()) {
    return Fail(kInvalidArgument, what + ": expected a field manager");
  }
  PLIMSOLL_ASSIGN(std::string path, ObjectPath(type, namespace_name, name, options.subresource));
  std::string query;
  const auto add = [&query](std::string_view part) {
    query += query.empty() ? '?' : '&';
    query += part;
  };
  if (!options.field_manager.empty()) add("fieldManager=" + QueryEscape(options.field_manager));
  if (options.force && options.type == PatchType::kApply) add("force=true");
  if (options.dry_run) add("dryRun=All");
  Request request;
  request.method = Method::kPatch;
  request.target = std::move(path) + query;
  request.body = std::move(body);
  request.content_type = ContentType(options.type);
  PLIMSOLL_ASSIGN(Response response, client_.Send(request, what, std::move(stop)));
  return std::move(response.body);
}

}  // namespace plimsoll::kube
