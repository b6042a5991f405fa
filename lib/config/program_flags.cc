#include <algorithm>
#include <charconv>

#include "base/printable.h"
#include "config/flags.h"

namespace plimsoll::config {

LogLevel CommonFlags::level() const { return ParseLogLevel(log_level).value_or(LogLevel::kInfo); }
LogFormat CommonFlags::format() const {
  return ParseLogFormat(log_format).value_or(LogFormat::kJson);
}

void AddCommonFlags(FlagSet& flags, CommonFlags* common) {
  flags.String("config", &common->config_file, "FILE",
               "Configuration file; without one the defaults");
  flags.String("kubeconfig", &common->kubeconfig, "FILE",
               "How to reach the API server; without one, the service account of the Pod");
  flags.String("context", &common->context, "NAME", "Context of the kubeconfig");
  flags.String("namespace", &common->namespace_name, "NAME",
               "Own namespace; without one, that of the service account, else plimsoll-system");
  flags.OneOf("log-level", &common->log_level, {"debug", "info", "warn", "error"},
              "Least severe log lines to write");
  flags.OneOf("log-format", &common->log_format, {"json", "text"}, "Form of the log lines");
  flags.String("metrics-address", &common->metrics_address, "ADDRESS", "Where /metrics is served");
  flags.String("health-address", &common->health_address, "ADDRESS",
               "Where /healthz and /readyz are served");
}

FlagSet MakeControllerFlags(ControllerFlags* flags) {
  FlagSet set("plimsoll-controller [flags]",
              "Learns who signs the images that run in this cluster, and tells when that changes.");
  AddCommonFlags(set, &flags->common);
  set.Bool("leader-elect", &flags->leader_elect,
           "Work only while holding the Lease, so that several replicas may run");
  set.Bool("dry-run", &flags->dry_run, "Observe, classify and log; write nothing to the cluster");
  set.String("serving-certificate-secret", &flags->serving_certificate_secret, "NAME",
             "Secret of the own namespace in which to keep the webhook's CA and certificate; "
             "without one both, and "
             "the caBundle, are left to others");
  return set;
}

FlagSet MakeWebhookFlags(WebhookFlags* flags) {
  FlagSet set(
      "plimsoll-webhook [flags]",
      "Answers AdmissionReviews: would these images break what is known of their repositories?");
  AddCommonFlags(set, &flags->common);
  set.String("listen-address", &flags->listen_address, "ADDRESS",
             "Where AdmissionReviews are served");
  set.String("tls-cert-file", &flags->tls_cert_file, "FILE",
             "PEM certificate chain to serve with; read again when it changes");
  set.String("tls-private-key-file", &flags->tls_private_key_file, "FILE",
             "PEM key of the certificate; read again when it changes");
  return set;
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const auto refuse = [text] {
    return Fail(kInvalidArgument,
                "expected an address such as :8080, 127.0.0.1:0 or [::1]:8080, found " +
                    Printable(text, 128));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  HostPort address;
  std::string_view host = text.substr(0, colon);
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return refuse();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }
  const bool strange = std::any_of(host.begin(), host.end(), [](char c) {
    return !(c == '.' || c == '-' || c == ':' || c == '%' || c == '_' || (c >= '0' && c <= '9') ||
             (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
  });
  if (strange) return refuse();
  const std::string_view port = text.substr(colon + 1);
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || problem != std::errc() || end != port.data() + port.size()) return refuse();
  address.host = std::string(host);
  return address;
}

}  // namespace plimsoll::config
