#include "kube/object.h"

#include "base/printable.h"
#include "json/json.h"

namespace plimsoll::kube {

const ResourceType& Pods() {
  static const ResourceType type{"", "v1", "pods", "Pod", true};
  return type;
}
const ResourceType& Nodes() {
  static const ResourceType type{"", "v1", "nodes", "Node", false};
  return type;
}
const ResourceType& Secrets() {
  static const ResourceType type{"", "v1", "secrets", "Secret", true};
  return type;
}
const ResourceType& ConfigMaps() {
  static const ResourceType type{"", "v1", "configmaps", "ConfigMap", true};
  return type;
}
const ResourceType& Leases() {
  static const ResourceType type{"coordination.k8s.io", "v1", "leases", "Lease", true};
  return type;
}
const ResourceType& Events() {
  static const ResourceType type{"events.k8s.io", "v1", "events", "Event", true};
  return type;
}

std::string CollectionPath(const ResourceType& type, std::string_view namespace_name) {
  std::string path = (type.group.empty() ? "/api/" : "/apis/" + type.group + "/") + type.version;
  if (type.namespaced && !namespace_name.empty()) {
    path += "/namespaces/";
    path += namespace_name;
  }
  return path + "/" + type.plural;
}

bool IsObjectName(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  bool label_start = true;
  char last = '.';
  for (const char c : name) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alphanumeric && c != '-' && c != '.') return false;
    if (label_start && !alphanumeric) return false;
    if (c == '.' && last == '-') return false;
    label_start = c == '.';
    last = c;
  }
  return last != '.' && last != '-';
}

Result<std::string> ObjectPath(const ResourceType& type, std::string_view namespace_name,
                               std::string_view name, std::string_view subresource) {
  if (!IsObjectName(name)) {
    return Fail(kInvalidArgument,
                "expected the name of a " + type.kind + ", found \"" + Printable(name) + "\"");
  }
  if (type.namespaced && !IsObjectName(namespace_name)) {
    return Fail(kInvalidArgument, "expected the namespace of a " + type.kind + ", found \"" +
                                      Printable(namespace_name) + "\"");
  }
  std::string path = CollectionPath(type, namespace_name) + "/" + std::string(name);
  if (!subresource.empty()) path += "/" + std::string(subresource);
  return path;
}

std::string QueryEscape(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      escaped += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    escaped += '%';
    escaped += kHex[byte >> 4];
    escaped += kHex[byte & 15];
  }
  return escaped;
}

namespace {

constexpr std::size_t kMaxIdentifier = 1024;

// Keeps apiVersion, kind and the identifying members of metadata, and stops once it has them: spec and status
// follow metadata in every answer of the API server, and are somebody else's to read.
class MetaReader final : public json::Handler {
 public:
  bool done() const { return done_; }
  bool stopped() const { return stopped_; }
  bool sane() const { return sane_; }
  ObjectMeta Take() { return std::move(meta_); }

  bool Null() override { return true; }
  bool Bool(bool) override { return true; }
  bool Int(std::int64_t) override { return true; }
  bool Double(double) override { return true; }
  bool String(std::string_view value) override {
    std::string* target = Target();
    if (target != nullptr) {
      sane_ = sane_ && value.size() <= kMaxIdentifier;
      target->assign(value.substr(0, kMaxIdentifier));
    } else if (depth_ == 3 && in_annotations_ && key_ == "k8s.io/initial-events-end") {
      meta_.initial_events_end = value == "true";
    }
    return true;
  }
  bool Key(std::string_view name) override {
    key_ = name;
    if (depth_ == 1) in_metadata_ = name == "metadata";
    if (depth_ == 2) in_annotations_ = in_metadata_ && name == "annotations";
    return true;
  }
  bool StartObject() override {
    ++depth_;
    return true;
  }
  bool EndObject() override {
    --depth_;
    if (depth_ == 1 && in_metadata_) {
      saw_metadata_ = true;
      in_metadata_ = false;
    }
    if (depth_ == 0) done_ = true;
    // Before metadata has ended nothing is complete; apiVersion and kind stand before it or (in a list) nowhere.
    if (depth_ == 1 && saw_metadata_ && !meta_.kind.empty() && !meta_.api_version.empty()) {
      done_ = true;
      stopped_ = true;
      return false;
    }
    return true;
  }
  bool StartArray() override {
    ++depth_;
    return true;
  }
  bool EndArray() override {
    --depth_;
    return true;
  }

 private:
  std::string* Target() {
    if (depth_ == 1) {
      if (key_ == "kind") return &meta_.kind;
      if (key_ == "apiVersion") return &meta_.api_version;
    }
    if (depth_ == 2 && in_metadata_) {
      if (key_ == "name") return &meta_.name;
      if (key_ == "namespace") return &meta_.namespace_name;
      if (key_ == "uid") return &meta_.uid;
      if (key_ == "resourceVersion") return &meta_.resource_version;
    }
    return nullptr;
  }

  ObjectMeta meta_;
  std::string key_;
  int depth_ = 0;
  bool in_metadata_ = false;
  bool in_annotations_ = false;
  bool saw_metadata_ = false;
  bool done_ = false;
  bool stopped_ = false;
  bool sane_ = true;
};

}  // namespace

Result<ObjectMeta> ReadObjectMeta(std::string_view json) {
  constexpr json::Limits kLimits{64u << 20, 64, 2'000'000, false};
  MetaReader reader;
  const Status parsed = json::ParseEvents(json, kLimits, reader);
  if (!reader.done() || (!reader.stopped() && !parsed)) {
    return Fail(kMalformed, "expected a Kubernetes object" +
                                (parsed ? std::string() : ": " + parsed.error().message));
  }
  if (!reader.sane())
    return Fail(kMalformed, "expected identifiers of at most 1,024 bytes in metadata");
  return reader.Take();
}

}  // namespace plimsoll::kube
