#include "controller/shell/serving_certificate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "crypto/certificate.h"
#include "crypto/issue.h"
#include "json/writer.h"

namespace plimsoll::controller {
namespace {

using crypto::Certificate;

constexpr char kService[] = "plimsoll-webhook";
constexpr char kAuthorityName[] = "plimsoll-webhook serving CA";
constexpr std::array<const char*, 2> kConfigurations = {"plimsoll-enforce", "plimsoll-audit"};
constexpr std::size_t kMaxAuthorities = 4;

const kube::ResourceType& Configurations() {
  static const kube::ResourceType type{"admissionregistration.k8s.io", "v1",
                                       "validatingwebhookconfigurations",
                                       "ValidatingWebhookConfiguration", false};
  return type;
}

std::vector<std::string> NamesOf(const std::string& name_space) {
  const std::string service = std::string(kService) + "." + name_space;
  return {service + ".svc", service + ".svc.cluster.local", service};
}

std::vector<Certificate> AuthoritiesOf(const std::string& pem, Time now) {
  auto list = Certificate::ListFromPem(pem);
  if (!list) return {};
  std::erase_if(*list,
                [&](const Certificate& c) { return !c.IsAuthority() || c.not_after() < now; });
  return std::move(*list);
}

bool HasNames(const Certificate& certificate, const std::vector<std::string>& dns_names) {
  const auto& names = certificate.alternative_names();
  return std::all_of(dns_names.begin(), dns_names.end(), [&](const std::string& wanted) {
    return std::any_of(names.begin(), names.end(), [&](const crypto::AlternativeName& name) {
      return name.kind == crypto::AlternativeName::Kind::kDns && name.value == wanted;
    });
  });
}

// The certificate that is served, when it can be: its key fits, its names are ours, an authority of the bundle made it.
std::optional<Certificate> UsableLeaf(const ServingSecret& stored,
                                      const std::vector<Certificate>& authorities,
                                      const std::vector<std::string>& dns_names, Time now) {
  const auto chain = Certificate::ListFromPem(stored.chain_pem);
  if (!chain) return std::nullopt;
  const Certificate& leaf = chain->front();
  const bool issued = std::any_of(authorities.begin(), authorities.end(),
                                  [&](const auto& a) { return crypto::IsIssuedBy(leaf, a); });
  if (!issued || !leaf.ValidAt(now) || !HasNames(leaf, dns_names) ||
      !crypto::KeyFits(leaf, stored.key_pem)) {
    return std::nullopt;
  }
  return leaf;
}

std::string PemOf(const std::vector<Certificate>& certificates) {
  std::string pem;
  for (const Certificate& certificate : certificates) pem += certificate.Pem();
  return pem;
}

Status AddAuthority(ServingPlan& plan, std::vector<Certificate>& authorities, Time now) {
  using D = ServingDurations;
  PLIMSOLL_ASSIGN(const crypto::CertifiedKey made,
                  crypto::IssueAuthority(kAuthorityName, now - D::kBackdated, now + D::kAuthority));
  PLIMSOLL_ASSIGN(Certificate parsed, Certificate::FromPem(made.certificate_pem));
  authorities.insert(authorities.begin(), std::move(parsed));
  if (authorities.size() > kMaxAuthorities)
    authorities.erase(authorities.begin() + kMaxAuthorities, authorities.end());
  plan.next.authority_key_pem = made.key_pem;
  return {};
}

// Copies a value as it is; the objects that it is for are bounded in depth by the reader.
void Copy(const json::Value& value, json::Writer& out) {
  switch (value.kind()) {
    case json::Kind::kObject:
      out.BeginObject();
      for (json::Value v = value.first(); !v.missing(); v = v.next()) {
        out.Key(v.name());
        Copy(v, out);
      }
      return out.EndObject();
    case json::Kind::kArray:
      out.BeginArray();
      for (json::Value v = value.first(); !v.missing(); v = v.next()) Copy(v, out);
      return out.EndArray();
    case json::Kind::kString:
      return out.String(value.StringOrEmpty());
    case json::Kind::kBool:
      return out.Bool(*value.Bool());
    case json::Kind::kInteger:
      return out.Int(value.Int64().value_or(0));
    case json::Kind::kDouble:
      return out.Double(*value.Double());
    default:
      return out.Null();
  }
}

ServingSecret ReadSecret(const json::Value& data) {
  const auto field = [&](const char* name) -> std::string {
    const auto bytes = Base64Decode(data[name].StringOrEmpty());
    return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
  };
  return {field("tls.crt"), field("tls.key"), field("ca.crt"), field("ca.key")};
}

// The stored object with other data: labels, annotations and what others wrote stay.
std::string WithData(const json::Value& object, const ServingSecret& secret) {
  json::Writer out;
  out.BeginObject();
  for (json::Value v = object.first(); !v.missing(); v = v.next()) {
    if (v.name() == "data") continue;
    out.Key(v.name());
    Copy(v, out);
  }
  out.Key("data");
  out.BeginObject();
  out.Member("tls.crt", Base64Encode(AsBytes(secret.chain_pem)));
  out.Member("tls.key", Base64Encode(AsBytes(secret.key_pem)));
  out.Member("ca.crt", Base64Encode(AsBytes(secret.authorities_pem)));
  out.Member("ca.key", Base64Encode(AsBytes(secret.authority_key_pem)));
  out.EndObject();
  out.EndObject();
  return std::move(out).Take();
}

}  // namespace

Result<ServingPlan> PlanServingCertificate(const ServingSecret& stored,
                                           const std::vector<std::string>& dns_names, Time now) {
  using D = ServingDurations;
  ServingPlan plan{stored, ""};
  std::vector<Certificate> authorities = AuthoritiesOf(stored.authorities_pem, now);
  const auto leaf = UsableLeaf(stored, authorities, dns_names, now);
  const bool has_key =
      !authorities.empty() && crypto::KeyFits(authorities.front(), stored.authority_key_pem);
  if (!has_key || authorities.front().not_after() - now < D::kAuthorityRenewBefore) {
    plan.why = has_key ? "the authority comes to its end" : "there is no authority";
    PLIMSOLL_TRY(AddAuthority(plan, authorities, now));
  }
  plan.next.authorities_pem = PemOf(authorities);
  if (plan.why.empty() && plan.next.authorities_pem != stored.authorities_pem)
    plan.why = "an authority has ended";

  const Certificate& newest = authorities.front();
  const bool settled = now - newest.not_before() >= D::kBackdated + D::kSettle;
  const bool ends = leaf && leaf->not_after() - now < D::kCertificateRenewBefore;
  const bool other_authority = leaf && !crypto::IsIssuedBy(*leaf, newest);
  if (leaf && !(settled && (ends || other_authority)) && !(ends && !other_authority)) return plan;
  plan.why += std::string(plan.why.empty() ? "" : "; ") +
              (!leaf             ? "there is no usable certificate"
               : other_authority ? "the new authority is known by now"
                                 : "the certificate comes to its end");
  PLIMSOLL_ASSIGN(crypto::CertifiedKey made,
                  crypto::IssueServingCertificate(
                      {newest.Pem(), plan.next.authority_key_pem}, dns_names, now - D::kBackdated,
                      std::min(now + D::kCertificate, newest.not_after())));
  plan.next.chain_pem = std::move(made.certificate_pem);
  plan.next.key_pem = std::move(made.key_pem);
  return plan;
}

ServingCertificate::ServingCertificate(kube::Client& client, std::string namespace_name,
                                       std::string secret_name, const Clock& clock, Logger& log)
    : client_(client),
      writer_(client),
      namespace_name_(std::move(namespace_name)),
      secret_name_(std::move(secret_name)),
      dns_names_(NamesOf(namespace_name_)),
      clock_(clock),
      log_(log) {}

void ServingCertificate::Keep() {
  if (const Status kept = KeepAll(); !kept) {
    log_.Warn("the webhook's serving certificate could not be kept; it is tried again",
              {{"reason", kept.error().code}, {"message", kept.error().message}});
  }
}

Status ServingCertificate::KeepAll() {
  PLIMSOLL_ASSIGN(const ServingSecret secret, KeepSecret());
  for (const char* configuration : kConfigurations)
    PLIMSOLL_TRY(KeepBundle(configuration, secret.authorities_pem));
  return {};
}

Result<ServingSecret> ServingCertificate::KeepSecret() {
  PLIMSOLL_ASSIGN(const json::Document document,
                  client_.GetDocument(kube::Secrets(), namespace_name_, secret_name_));
  const ServingSecret stored = ReadSecret(document.root()["data"]);
  PLIMSOLL_ASSIGN(ServingPlan plan, PlanServingCertificate(stored, dns_names_, clock_.Now()));
  if (plan.why.empty()) return stored;
  PLIMSOLL_TRY(writer_.Update(kube::Secrets(), namespace_name_, secret_name_,
                              WithData(document.root(), plan.next)));
  log_.Info("wrote the webhook's serving certificate",
            {{"secret", secret_name_}, {"why", plan.why}});
  return std::move(plan.next);
}

Status ServingCertificate::KeepBundle(const std::string& configuration,
                                      const std::string& authorities_pem) {
  const auto document = client_.GetDocument(Configurations(), "", configuration);
  if (!document && document.error().code == kNotFound) return {};
  if (!document) return Forward(document.error());
  const std::string bundle = Base64Encode(AsBytes(authorities_pem));
  const json::Value webhooks = document->root()["webhooks"];
  json::Writer patch;
  bool due = false;
  patch.BeginArray();
  const auto operation = [&patch](const char* op, const std::string& path, std::string_view value) {
    patch.BeginObject();
    patch.Member("op", op);
    patch.Member("path", path);
    patch.Member("value", value);
    patch.EndObject();
  };
  operation("test", "/metadata/resourceVersion",
            document->root()["metadata"]["resourceVersion"].StringOrEmpty());
  for (std::size_t i = 0; i < webhooks.size(); ++i) {
    if (webhooks[i]["clientConfig"]["caBundle"].StringOrEmpty() == bundle) continue;
    operation("add", "/webhooks/" + std::to_string(i) + "/clientConfig/caBundle", bundle);
    due = true;
  }
  patch.EndArray();
  if (!due) return {};
  kube::ObjectWriter::PatchOptions options;
  options.type = kube::PatchType::kJson;
  PLIMSOLL_TRY(
      writer_.Patch(Configurations(), "", configuration, std::move(patch).Take(), options));
  log_.Info("wrote the caBundle", {{"configuration", configuration}});
  return {};
}

}  // namespace plimsoll::controller
