#include "webhook/shell/handler.h"

#include "base/printable.h"
#include "json/writer.h"

namespace plimsoll::webhook {
namespace {

using baseline::Admission;

std::optional<Mode> ModeOf(std::string_view path) {
  if (path == "/enforce/pods") return Mode::kEnforcePods;
  if (path == "/audit/pods") return Mode::kAuditPods;
  if (path == "/audit/templates") return Mode::kAuditTemplates;
  return std::nullopt;
}

const char* NameOf(Mode mode) {
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
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type == "application/json";
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
      log_(log),
      would_deny_(metrics.Counters(
          "plimsoll_admission_would_deny_total",
          "Reviews that nothing refused and a denying namespace would have, by the worst image's "
          "kind. NotJudgedYet: it would have waited for an answer first.")),
      refused_(metrics.Counters("plimsoll_admission_refused_total",
                                "Requests that were no review that could be answered, by reason.")),
      large_([this](const http::ServerRequest& request, const http::Responder& responder) {
        Read(request, responder);
      }) {
  CounterFamily& decisions = metrics.Counters("plimsoll_admission_decisions_total",
                                              "Answered reviews, by configuration and verdict.");
  HistogramFamily& seconds =
      metrics.Histograms("plimsoll_admission_seconds", "Time from a review to its answer.",
                         {0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 4});
  for (const Mode mode : {Mode::kEnforcePods, Mode::kAuditPods, Mode::kAuditTemplates}) {
    Series& series = series_[static_cast<std::size_t>(mode)];
    const std::string name = NameOf(mode);
    for (const Admission verdict : {Admission::kAdmit, Admission::kWarn, Admission::kDeny}) {
      series.decisions[static_cast<std::size_t>(verdict)] = &decisions.With(
          {{"configuration", name}, {"verdict", std::string(baseline::ToText(verdict))}});
    }
    series.seconds = &seconds.With({{"configuration", name}});
  }
}

void ReviewHandler::Refuse(const http::Responder& responder, int status, const char* reason,
                           const std::string& text) {
  refused_.With({{"reason", reason}}).Add();
  responder.Send(Plain(status, text));
}

void ReviewHandler::Handle(http::ServerRequest request, const http::Responder& responder) {
  if (request.body.size() >= LargeReviews::kLeastBytes) {
    large_.Add(std::move(request), responder);
    return;
  }
  Read(request, responder);
}

void ReviewHandler::Read(const http::ServerRequest& request, const http::Responder& responder) {
  const auto mode = ModeOf(request.path);
  if (!mode) {
    return Refuse(responder, 404, "path",
                  "expected /enforce/pods, /audit/pods or /audit/templates");
  }
  if (request.method != "POST") return Refuse(responder, 405, "method", "expected POST");
  if (!IsJson(request.headers.Find("Content-Type").value_or("")))
    return Refuse(responder, 415, "type", "expected Content-Type: application/json");
  if (!cache_.synced())
    return Refuse(responder, 503, "unready", "the watch caches have not synced yet");
  auto review = ReadReview(request.body);
  if (!review) return Refuse(responder, 400, "review", review.error().message);

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
  const Admission verdict = denied                             ? Admission::kDeny
                            : decision.answer.warnings.empty() ? Admission::kAdmit
                                                               : Admission::kWarn;
  const auto took = clock_.Steady() - pending.started;
  const Series& series = series_[static_cast<std::size_t>(pending.mode)];
  series.decisions[static_cast<std::size_t>(verdict)]->Add();
  series.seconds->Observe(std::chrono::duration<double>(took).count());
  const bool would_deny = decision.verdict == Admission::kDeny && !denied;
  const Review& review = pending.review;
  const ImageDecision none;
  const ImageDecision& worst = decision.images.empty() ? none : decision.images.front();
  const std::string_view drift =
      worst.verdict.kind ? baseline::ToText(*worst.verdict.kind) : worst.verdict.reason.text();
  if (would_deny) {
    const std::string kind(review.too_many ? kTooManyImages : drift);
    would_deny_.With({{"configuration", NameOf(pending.mode)}, {"kind", kind}}).Add();
  }
  const std::string& text = denied || decision.answer.warnings.empty()
                                ? decision.answer.message
                                : decision.answer.warnings.front();
  log_.Info("admission",
            {{"verdict", baseline::ToText(verdict)},
             {"wouldDeny", would_deny},
             {"configuration", NameOf(pending.mode)},
             {"uid", review.uid},
             {"operation", review.operation},
             {"kind", review.kind},
             {"subResource", review.subresource},
             {"namespace", review.namespace_name},
             {"name", review.name},
             {"dryRun", review.dry_run},
             {"images", review.images.size()},
             {"container", worst.container},
             {"repository", worst.repository},
             {"digest", worst.digest},
             {"rule", worst.verdict.rule},
             {"drift", drift},
             {"fingerprint", worst.verdict.fingerprint},
             {"micros", std::chrono::duration_cast<std::chrono::microseconds>(took).count()},
             {"message", text}});
}

}  // namespace plimsoll::webhook
