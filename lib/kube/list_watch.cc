#include "kube/list_watch.h"

#include <optional>
#include <thread>
#include <utility>

#include "base/printable.h"
#include "kube/api_error.h"
#include "slices.h"

namespace plimsoll::kube {
namespace {

constexpr std::string_view kMetadataList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr std::string_view kMetadata =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

std::optional<EventType> ReadType(std::string_view type) {
  if (type == "ADDED") return EventType::kAdded;
  if (type == "MODIFIED") return EventType::kModified;
  if (type == "DELETED") return EventType::kDeleted;
  if (type == "BOOKMARK") return EventType::kBookmark;
  return std::nullopt;
}

}  // namespace

struct ListWatch::Impl final : private LineSink {
  Impl(const ListWatchOptions& given, const ListWatchDependencies& dependencies,
       ObjectStore& target)
      : options(given),
        transport(dependencies.transport),
        clock(dependencies.clock),
        waiter(dependencies.waiter),
        logger(dependencies.logger),
        store(target),
        reflector(given.reflector),
        path(CollectionPath(given.type, given.namespace_name)),
        kind(given.metadata_only ? "PartialObjectMetadata" : given.type.kind),
        api_version(given.metadata_only ? "meta.k8s.io/v1" : given.type.ApiVersion()),
        lists(Count(dependencies.metrics, "plimsoll_informer_lists_total",
                    "Pages of lists that were asked for.")),
        watches(Count(dependencies.metrics, "plimsoll_informer_watches_total",
                      "Watches that were opened.")),
        errors(Count(dependencies.metrics, "plimsoll_informer_errors_total",
                     "Lists and watches that failed.")) {}

  Counter& Count(Metrics& metrics, const std::string& name, const std::string& help) const {
    return metrics.Counters(name, help).With({{"resource", options.type.plural}});
  }

  std::string Target(const std::string& query) const {
    std::string target = path;
    char separator = '?';
    if (!query.empty()) {
      target += separator + query;
      separator = '&';
    }
    if (!options.label_selector.empty()) {
      target += separator;
      target += "labelSelector=" + QueryEscape(options.label_selector);
    }
    return target;
  }

  void Say(std::string_view doing, const Error& error) {
    errors.Add();
    logger.Warn("watching the API server failed; trying again", {{"resource", options.type.plural},
                                                                 {"doing", doing},
                                                                 {"reason", error.code},
                                                                 {"error", error.message}});
  }

  void RunOnce(std::stop_token stop);
  void List(const Reflector::Step& step, std::stop_token stop);
  Status TakePage(const ListFrame& frame);
  void Watch(const Reflector::Step& step, std::stop_token stop);
  bool OnLine(std::string_view line) override;
  Status TakeEvent(std::string_view line);
  // True when the object is of the kind that was asked for. Items of a list need not say it.
  bool IsExpected(const ObjectMeta& meta, bool in_list) const {
    if (in_list && meta.kind.empty() && meta.api_version.empty()) return true;
    return meta.kind == kind && meta.api_version == api_version;
  }

  // Constant after construction.
  const ListWatchOptions options;
  Transport& transport;
  const Clock& clock;
  Waiter& waiter;
  Logger& logger;
  ObjectStore& store;

  Reflector reflector;
  const std::string path;
  const std::string kind;
  const std::string api_version;
  Counter& lists;
  Counter& watches;
  Counter& errors;

  // Of the watch that runs.
  std::optional<ApiFailure> stream_failure;
  std::optional<Error> malformed;

  std::jthread thread;
};

void ListWatch::Impl::RunOnce(std::stop_token stop) {
  const Reflector::Step step = reflector.Next(clock.Steady());
  switch (step.kind) {
    case Reflector::Step::Kind::kWait:
      waiter.WaitFor(step.wait, stop);
      return;
    case Reflector::Step::Kind::kList:
      List(step, stop);
      return;
    case Reflector::Step::Kind::kWatch:
      Watch(step, stop);
      return;
  }
}

void ListWatch::Impl::List(const Reflector::Step& step, std::stop_token stop) {
  lists.Add();
  if (step.begins_snapshot) store.BeginSnapshot();
  Request request;
  request.target = Target(step.query);
  if (options.metadata_only) request.accept = kMetadataList;
  request.channel = Channel::kLists;
  request.timeout = options.page_timeout;
  request.max_response_bytes =
      step.whole_list ? options.max_whole_list_bytes : options.max_page_bytes;
  auto response = transport.Call(request, stop);
  if (stop.stop_requested()) return;
  if (!response || response->status != 200) {
    ApiFailure failure =
        response ? FailureFromResponse(response->status, response->body, response->retry_after,
                                       "list " + options.type.plural)
                 : FailureFromTransport(std::move(response).error());
    Say("list", failure.error);
    reflector.OnListFailed(clock.Steady(), failure);
    return;
  }
  const auto frame = SplitList(response->body);
  const Status taken = frame ? TakePage(*frame) : Forward(frame.error());
  if (!taken) {
    Say("list", taken.error());
    reflector.OnMalformed(clock.Steady());
    return;
  }
  if (reflector.OnPage(clock.Steady(), frame->resource_version, frame->continue_token)) {
    store.EndSnapshot();
  }
}

Status ListWatch::Impl::TakePage(const ListFrame& frame) {
  if (frame.kind != kind + "List" || frame.api_version != api_version) {
    return Fail(kMalformed, "expected a " + kind + "List of " + api_version + ", found " +
                                Printable(frame.kind, 64) + " of " +
                                Printable(frame.api_version, 64));
  }
  for (const std::string_view item : frame.items) {
    PLIMSOLL_ASSIGN(const ObjectMeta meta, ReadObjectMeta(item));
    if (!IsExpected(meta, true)) {
      return Fail(kMalformed,
                  "expected items of kind " + kind + ", found " + Printable(meta.kind, 64));
    }
    PLIMSOLL_TRY(store.Put(meta, item));
  }
  return {};
}

void ListWatch::Impl::Watch(const Reflector::Step& step, std::stop_token stop) {
  watches.Add();
  if (step.begins_snapshot) store.BeginSnapshot();
  stream_failure.reset();
  malformed.reset();
  WatchRequest request;
  request.target = Target(step.query);
  if (options.metadata_only) request.accept = kMetadata;
  request.total_timeout = step.timeout;
  auto end = transport.Watch(request, *this, stop);
  if (stop.stop_requested()) return;
  const SteadyTime now = clock.Steady();
  if (malformed) {
    Say("read an event", *malformed);
    reflector.OnMalformed(now);
  } else if (stream_failure) {
    // An expired version is everyday life, not an error.
    if (stream_failure->error.code != kExpired) Say("watch", stream_failure->error);
    reflector.OnWatchFailed(now, *stream_failure, true);
  } else if (!end) {
    Say("watch", end.error());
    reflector.OnWatchFailed(now, FailureFromTransport(std::move(end).error()), true);
  } else if (end->status != 200) {
    const ApiFailure failure = FailureFromResponse(end->status, end->body, end->retry_after,
                                                   "watch " + options.type.plural);
    Say("watch", failure.error);
    reflector.OnWatchFailed(now, failure, false);
  } else {
    reflector.OnWatchClosed(now);
  }
}

bool ListWatch::Impl::OnLine(std::string_view line) {
  const Status taken = TakeEvent(line);
  if (!taken) malformed = taken.error();
  return !malformed && !stream_failure;
}

Status ListWatch::Impl::TakeEvent(std::string_view line) {
  PLIMSOLL_ASSIGN(const EventFrame frame, SplitEvent(line));
  if (frame.type == "ERROR") {
    stream_failure = FailureFromStatusObject(frame.object, "watch " + options.type.plural);
    return {};
  }
  const auto type = ReadType(frame.type);
  if (!type) {
    return Fail(kMalformed, "expected a watch event, found type " + Printable(frame.type, 64));
  }
  PLIMSOLL_ASSIGN(const ObjectMeta meta, ReadObjectMeta(frame.object));
  if (!IsExpected(meta, false)) {
    Say("read an event",
        Error{kMalformed,
              "expected " + kind + " of " + api_version + ", found " + Printable(meta.kind, 64) +
                  " of " + Printable(meta.api_version, 64) + "; the event is left out",
              false});
    return {};
  }
  if (meta.resource_version.empty()) {
    return Fail(kMalformed, "expected a watch event with metadata.resourceVersion");
  }
  switch (
      reflector.OnEvent(clock.Steady(), *type, meta.resource_version, meta.initial_events_end)) {
    case Reflector::Verdict::kApply:
      if (*type == EventType::kDeleted) {
        store.Remove(meta);
        return {};
      }
      return store.Put(meta, frame.object);
    case Reflector::Verdict::kSynced:
      store.EndSnapshot();
      return {};
    case Reflector::Verdict::kIgnore:
      return {};
  }
  return {};
}

ListWatch::ListWatch(const ListWatchOptions& options, const ListWatchDependencies& dependencies,
                     ObjectStore& store)
    : impl_(std::make_unique<Impl>(options, dependencies, store)) {}

ListWatch::~ListWatch() { Stop(); }

void ListWatch::Start() {
  impl_->thread = std::jthread([impl = impl_.get()](std::stop_token stop) {
    while (!stop.stop_requested()) impl->RunOnce(stop);
  });
}

void ListWatch::Stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

void ListWatch::RunOnce(std::stop_token stop) { impl_->RunOnce(std::move(stop)); }

}  // namespace plimsoll::kube
