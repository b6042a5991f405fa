#include "webhook/shell/handler.h"

#include "base/printable.h"
#include "json/writer.h"

namespace plimsoll::webhook {
namespace {

std::optional<Mode> ModeOf(std::string_view path) {
  if (path == "/enforce/pods") return Mode::kEnforcePods;
  if (path == "/audit/pods") return Mode::kAuditPods;
  if (path == "/audit/templates") return Mode::kAuditTemplates;
  return std::nullopt;
}

std::string NameOf(Mode mode) {
  switch (mode) {
    case Mode::kEnforcePods:
      return "enforce";
    case Mode::kAuditPods:
      return "audit";
    case Mode::kAuditTemplates:
      return "template";
  }
  return "";
}

bool IsJson(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type == "application/json" || type == "application/json ";
}

http::ServerResponse Plain(int status, const std::string& text) {
  http::ServerResponse response;
  response.status = status;
  response.headers.Set("Content-Type", "text/plain; charset=utf-8");
  response.body = text + "\n";
  return response;
}

http::ServerResponse Json(std::string text) {
  http::ServerResponse response;
  response.headers.Set("Content-Type", "application/json");
  response.body = std::move(text);
  return response;
}

}  // namespace

struct ReviewHandler::Pending {
  Review review;
  Mode mode = Mode::kAuditPods;
  std::chrono::steady_clock::time_point started;
  http::Responder responder;
};

ReviewHandler::ReviewHandler(const WatchCache& cache, Lookups& lookups,
                             std::chrono::milliseconds budget, const Clock& clock, Metrics& metrics,
                             Logger& log)
    : cache_(cache),
      lookups_(lookups),
      budget_(budget),
      clock_(clock),
      decisions_(metrics.Counters("plimsoll_admission_decisions_total",
                                  "Answered reviews, by configuration and verdict.")),
      would_deny_(metrics.Counters(
          "plimsoll_admission_would_deny_total",
          "Reviews outside denying namespaces that a denying one would have refused.")),
      seconds_(metrics.Histograms("plimsoll_admission_seconds", "Time from a review to its answer.",
                                  {0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 4})),
      log_(log) {}

void ReviewHandler::Handle(const http::ServerRequest& request, const http::Responder& responder) {
  const auto mode = ModeOf(request.path);
  if (!mode)
    return responder.Send(Plain(404, "expected /enforce/pods, /audit/pods or /audit/templates"));
  if (request.method != "POST") return responder.Send(Plain(405, "expected POST"));
  if (!IsJson(request.headers.Find("Content-Type").value_or(""))) {
    return responder.Send(Plain(415, "expected Content-Type: application/json"));
  }
  if (!cache_.synced()) return responder.Send(Plain(503, "the watch caches have not synced yet"));
  auto review = ReadReview(request.body);
  if (!review) return responder.Send(Plain(400, review.error().message));

  const auto pending =
      std::make_shared<Pending>(Pending{std::move(*review), *mode, clock_.Steady(), responder});
  const Decision decision =
      Decide(pending->review, *mode, *cache_.snapshot(), lookups_, clock_.Now());
  if (decision.waits) {
    lookups_.Start(decision.lookups, pending->started + budget_,
                   [this, pending] { Finish(pending); });
    return;
  }
  if (!decision.lookups.empty()) lookups_.Start(decision.lookups, pending->started + budget_, {});
  Report(*pending, decision);
  responder.Send(Json(AnswerJson(decision.answer)));
}

// Everything is judged anew: by now a baseline, a policy or an answer may be another.
void ReviewHandler::Finish(const std::shared_ptr<Pending>& pending) {
  const Decision decision =
      Decide(pending->review, pending->mode, *cache_.snapshot(), lookups_, clock_.Now());
  Report(*pending, decision);
  pending->responder.Send(Json(AnswerJson(decision.answer)));
}

void ReviewHandler::Report(const Pending& pending, const Decision& decision) {
  const bool denied = !decision.answer.allowed;
  const bool warned = !decision.answer.warnings.empty();
  const std::string verdict = denied ? "Deny" : warned ? "Warn" : "Admit";
  decisions_.With({{"configuration", NameOf(pending.mode)}, {"verdict", verdict}}).Add();
  if (decision.verdict == baseline::Admission::kDeny && !denied) {
    would_deny_.With({{"configuration", NameOf(pending.mode)}}).Add();
  }
  seconds_.With({{"configuration", NameOf(pending.mode)}})
      .Observe(std::chrono::duration<double>(clock_.Steady() - pending.started).count());
  if (verdict == "Admit") return;
  const ImageDecision* worst = decision.images.empty() ? nullptr : &decision.images.front();
  log_.Info("admission", {{"verdict", verdict},
                          {"configuration", NameOf(pending.mode)},
                          {"namespace", pending.review.namespace_name},
                          {"kind", pending.review.kind},
                          {"name", pending.review.name},
                          {"dryRun", pending.review.dry_run},
                          {"repository", worst == nullptr ? "" : worst->repository},
                          {"digest", worst == nullptr ? "" : worst->digest},
                          {"fingerprint", worst == nullptr ? "" : worst->verdict.fingerprint},
                          {"message", decision.answer.message}});
}

}  // namespace plimsoll::webhook
