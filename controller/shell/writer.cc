#include "controller/shell/writer.h"

#include "api/names.h"

namespace plimsoll::controller {
namespace {

kube::ResourceType OurType(std::string_view plural, std::string_view kind) {
  return {std::string(api::kGroup), "v1alpha1", std::string(plural), std::string(kind), false};
}

WriteOutcome OutcomeOf(const Error& error) {
  if (error.code == kube::kConflict || error.code == kube::kAlreadyExists)
    return WriteOutcome::kConflict;
  if (error.code == kNotFound) return WriteOutcome::kNotFound;
  if (error.code == kube::kForbidden || error.code == kube::kInvalid ||
      error.code == kube::kBadRequest) {
    return WriteOutcome::kRefused;
  }
  return WriteOutcome::kFailed;
}

std::string_view NameOf(WriteOutcome outcome) {
  switch (outcome) {
    case WriteOutcome::kDone:
      return "Done";
    case WriteOutcome::kConflict:
      return "Conflict";
    case WriteOutcome::kNotFound:
      return "NotFound";
    case WriteOutcome::kRefused:
      return "Refused";
    case WriteOutcome::kFailed:
      return "Failed";
  }
  return "";
}

}  // namespace

const kube::ResourceType& SigningBaselines() {
  static const kube::ResourceType kType = OurType(api::kBaselinePlural, api::kBaselineKind);
  return kType;
}
const kube::ResourceType& SigningPolicies() {
  static const kube::ResourceType kType = OurType(api::kPolicyPlural, api::kPolicyKind);
  return kType;
}

Writer::Writer(kube::Client& client, Inbox& inbox, bool dry_run, Metrics& metrics, Logger& log)
    : client_(client),
      writer_(client),
      inbox_(inbox),
      dry_run_(dry_run),
      writes_(metrics.Counters("plimsoll_writes_total",
                               "Writes to the API server, by what and what became of them.")),
      log_(log),
      thread_([this] { Work(); }) {}

Writer::~Writer() { Stop(); }

void Writer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    orders_.clear();
  }
  stop_.request_stop();
  work_or_stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Writer::Add(Order order) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  orders_.push_back(std::move(order));
  work_or_stop_.notify_one();
}

void Writer::Work() {
  while (true) {
    Order order;
    {
      std::unique_lock lock(mutex_);
      work_or_stop_.wait(lock, [&] { return stopping_ || !orders_.empty(); });
      if (stopping_) return;
      order = std::move(orders_.front());
      orders_.pop_front();
    }
    Do(order);
  }
}

void Writer::Do(const Order& order) {
  std::visit(
      [this](const auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, CreateBaseline>) {
          Create(what);
        } else if constexpr (std::is_same_v<What, DeleteBaseline>) {
          Delete(what);
        } else if constexpr (std::is_same_v<What, ReadBaseline>) {
          Read(what);
        } else {
          Write(what);
        }
      },
      order);
}

void Writer::Told(WriteDone done, const char* what) {
  writes_.With({{"what", what}, {"outcome", std::string(NameOf(done.outcome))}}).Add();
  inbox_.Push(std::move(done));
}

void Writer::Failed(std::uint64_t id, const char* what, const Error& error) {
  WriteDone done;
  done.id = id;
  done.outcome = OutcomeOf(error);
  done.message = error.message;
  if (done.outcome == WriteOutcome::kRefused) {
    log_.Err("the API server refused a write",
             {{"what", what}, {"reason", error.code}, {"message", error.message}});
  }
  Told(std::move(done), what);
}

void Writer::Create(const CreateBaseline& order) {
  std::string text = api::NewSigningBaselineJson(order.repository);
  WriteDone done;
  done.id = order.id;
  done.outcome = WriteOutcome::kDone;
  if (dry_run_) {
    log_.Info("dry run: a SigningBaseline would be created", {{"repository", order.repository}});
    done.object.emplace();
    done.object->meta.name = api::BaselineName(order.repository);
    done.object->meta.uid = "dry-run";
    done.object->meta.resource_version = "1";
    done.object->record.repository = order.repository;
    return Told(std::move(done), "create");
  }
  auto stored = writer_.Create(SigningBaselines(), "", std::move(text), stop_.get_token());
  if (!stored) return Failed(order.id, "create", stored.error());
  auto object = api::ReadSigningBaseline(*stored);
  if (!object) return Failed(order.id, "create", object.error());
  done.object = std::move(*object);
  Told(std::move(done), "create");
}

void Writer::Write(const WriteBaseline& order) {
  WriteDone done;
  done.id = order.id;
  done.outcome = WriteOutcome::kDone;
  if (dry_run_) {
    const baseline::Record& record = order.object->record;
    log_.Info("dry run: a status would be written",
              {{"repository", record.repository},
               {"state", record.state ? baseline::ToText(*record.state) : std::string_view()},
               {"drift", record.drift_summary}});
    done.object = *order.object;
    return Told(std::move(done), "status");
  }
  auto stored = writer_.UpdateStatus(SigningBaselines(), "", order.object->meta.name,
                                     api::SigningBaselineJson(*order.object), stop_.get_token());
  if (!stored) return Failed(order.id, "status", stored.error());
  auto object = api::ReadSigningBaseline(*stored);
  if (!object) return Failed(order.id, "status", object.error());
  done.object = std::move(*object);
  Told(std::move(done), "status");
}

void Writer::Delete(const DeleteBaseline& order) {
  WriteDone done;
  done.id = order.id;
  done.outcome = WriteOutcome::kDone;
  if (dry_run_) {
    log_.Info("dry run: a SigningBaseline would be pruned", {{"name", order.name}});
    return Told(std::move(done), "delete");
  }
  const Status deleted = writer_.Delete(SigningBaselines(), "", order.name,
                                        {order.uid, order.resource_version}, stop_.get_token());
  if (!deleted) return Failed(order.id, "delete", deleted.error());
  Told(std::move(done), "delete");
}

void Writer::Write(const WritePolicy& order) {
  WriteDone done;
  done.id = order.id;
  done.outcome = WriteOutcome::kDone;
  if (dry_run_) {
    log_.Info("dry run: a SigningPolicy's status would be written", {{"name", order.meta.name}});
    return Told(std::move(done), "policy");
  }
  auto stored = writer_.UpdateStatus(SigningPolicies(), "", order.meta.name,
                                     api::SigningPolicyStatusJson(order.meta, order.status),
                                     stop_.get_token());
  if (!stored) return Failed(order.id, "policy", stored.error());
  auto object = api::ReadSigningPolicy(*stored);
  if (!object) return Failed(order.id, "policy", object.error());
  done.policy = std::move(*object);
  Told(std::move(done), "policy");
}

void Writer::Read(const ReadBaseline& order) {
  auto text = client_.Get(SigningBaselines(), "", order.name, stop_.get_token());
  if (!text) {
    // Anything but "gone" is told by the watch, sooner or later.
    if (text.error().code == kNotFound) inbox_.Push(BaselineGone{order.name, order.uid});
    return;
  }
  auto object = api::ReadSigningBaseline(*text);
  if (object) inbox_.Push(BaselineChanged{std::move(*object)});
}

}  // namespace plimsoll::controller
