// plimsoll preview: what `deny` would refuse, decided by the same functions as admission.
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "api/admission_finding.h"
#include "api/node.h"
#include "base/file.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/looking.h"
#include "cli/output.h"
#include "cli/preview_images.h"
#include "cli/preview_report.h"
#include "config/manifests.h"
#include "setup/stack.h"

namespace plimsoll::cli {
namespace {

constexpr std::chrono::seconds kLogPatience{10};

struct PreviewFlags {
  std::string namespace_name;
  bool all_namespaces = false;
  std::vector<std::string> files;
  std::string config_file;
  std::string output = "text";
  ClusterFlags cluster;
};

void Declare(config::FlagSet& set, PreviewFlags* flags) {
  set.String("namespace", &flags->namespace_name, "NS",
             "The namespace whose Pods are looked at; without it, that of the context.", 'n');
  set.Bool("all-namespaces", &flags->all_namespaces, "Look at the Pods of all namespaces.", 'A');
  set.Strings("filename", &flags->files, "FILE",
              "Look at these manifests instead of Pods; - reads standard input. May be repeated.",
              'f');
  set.String("config", &flags->config_file, "FILE",
             "The configuration file that Plimsoll runs with; its registries, credentials, trust "
             "root and aliases "
             "apply.");
  DeclareOutput(set, &flags->output);
  DeclareCluster(set, &flags->cluster);
}

Result<std::string> ReadManifestText(const Invocation& invocation, const std::string& file) {
  constexpr std::size_t kMaxBytes = config::ManifestLimits{}.max_bytes;
  if (file != "-") return ReadFile(file, kMaxBytes);
  std::string text;
  std::string chunk(64u << 10, '\0');
  while (invocation.in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) ||
         invocation.in.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(invocation.in.gcount()));
    if (text.size() > kMaxBytes)
      return Fail(kLimitExceeded, "standard input: expected at most 16 MiB");
  }
  return text;
}

Status AddFile(const Invocation& invocation, const std::string& file, PreviewImages& images) {
  PLIMSOLL_ASSIGN(const std::string text, ReadManifestText(invocation, file));
  PLIMSOLL_ASSIGN(const auto manifests, config::ReadManifests(text, file));
  for (const config::Manifest& manifest : manifests) {
    json::Limits limits;
    limits.max_bytes = manifest.json.size() + 1;
    limits.max_depth = 100;
    limits.max_values = 2'000'000;
    PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(manifest.json, limits));
    PLIMSOLL_TRY(images.Add(document.root(), file));
  }
  return {};
}

Status AddPods(Cluster& cluster, const std::string& namespace_name, PreviewImages& images) {
  api::StringPool pool;
  std::vector<api::Pod> pods;
  PLIMSOLL_TRY(cluster.client().List(
      kube::Pods(), namespace_name, {},
      [&](std::string_view json) -> Status {
        // A Pod that cannot be read is none that the kubelet could start.
        if (auto pod = api::ReadPod(json, pool)) pods.push_back(std::move(*pod));
        return {};
      },
      [&] { pods.clear(); }));
  for (const api::Pod& pod : pods) images.Add(pod);
  return {};
}

// What the Nodes run. Reading Nodes is a right that not everybody has: then every platform counts.
std::vector<oci::Platform> PlatformsOf(Cluster& cluster, const Invocation& invocation) {
  std::vector<oci::Platform> platforms;
  const Status listed = cluster.client().List(
      kube::Nodes(), {}, {},
      [&](std::string_view json) -> Status {
        PLIMSOLL_ASSIGN(const api::NodePlatform node, api::ReadNodePlatform(json));
        const oci::Platform platform{node.os, node.architecture, ""};
        const bool known =
            std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
        if (!platform.os.empty() && !known) platforms.push_back(platform);
        return {};
      },
      [&] { platforms.clear(); });
  if (listed) return platforms;
  invocation.err << "note: an index is judged by all its platforms: " << listed.error().message
                 << "\n";
  return {};
}

// What admission has in its watch caches, for the repositories that are asked about.
struct Picture {
  std::map<std::string, baseline::Record> records;
  baseline::PolicySet policies;
  std::vector<oci::Platform> platforms;
  baseline::Durations durations;
  oci::RepositoryRules rules;

  const baseline::Record* Find(const std::string& repository) const {
    const auto found = records.find(repository);
    return found == records.end() ? nullptr : &found->second;
  }
  baseline::Settings SettingsFor(const std::string& repository) const {
    baseline::Settings settings;
    settings.durations = durations;
    if (const auto parsed = oci::Repository::FromKey(repository))
      settings.aliases = rules.AliasesOf(*parsed);
    return settings;
  }
};

Result<Picture> ReadPicture(Cluster& cluster, const Invocation& invocation,
                            const config::PlimsollConfig& config,
                            const std::vector<PreviewImage>& images) {
  constexpr std::size_t kFewEnoughToGet = 100;
  Picture picture;
  picture.durations = setup::DurationsOf(config);
  PLIMSOLL_ASSIGN(picture.rules, setup::LoadRepositoryRules(config));
  std::map<std::string, bool> wanted;
  for (const PreviewImage& image : images) {
    if (const auto reference = oci::Reference::Parse(image.image))
      wanted[reference->repository.Key()] = true;
  }
  if (wanted.size() <= kFewEnoughToGet) {
    for (const auto& [repository, _] : wanted) {
      PLIMSOLL_ASSIGN(auto object, cluster.Baseline(repository));
      if (object) picture.records.emplace(repository, std::move(object->record));
    }
  } else {
    PLIMSOLL_ASSIGN(auto objects, cluster.Baselines());
    for (api::SigningBaseline& object : objects) {
      const std::string repository = object.repository();
      if (wanted.count(repository) != 0)
        picture.records.emplace(repository, std::move(object.record));
    }
  }
  PLIMSOLL_ASSIGN(const auto objects, cluster.Policies());
  std::vector<baseline::SigningPolicy> policies;
  for (const api::SigningPolicyObject& object : objects) policies.push_back(object.policy);
  picture.policies = baseline::PolicySet::Make(std::move(policies));
  picture.platforms = PlatformsOf(cluster, invocation);
  return picture;
}

observation::Question QuestionOf(const oci::Reference& reference, const baseline::Record* record,
                                 const baseline::EffectivePolicy& policy, const Picture& picture) {
  observation::Question question;
  question.repository = reference.repository.Key();
  if (reference.digest) {
    question.digest = reference.digest->text();
  } else {
    question.tag = reference.tag;
  }
  question.platforms = picture.platforms;
  question.trusted_repository =
      policy.pinned || (record != nullptr && record->learning_time.has_value());
  question.known_keys = baseline::KnownKeys(record, policy);
  return question;
}

// The digest that the image means when the registry does not say: what a node resolved the tag to last.
std::string LastDigestOf(const PreviewImage& image, const oci::Reference& reference,
                         const baseline::Record* record) {
  if (reference.digest) return reference.digest->text();
  if (record != nullptr) {
    if (const auto* tag = baseline::FindTag(*record, reference.tag)) return tag->digest;
  }
  const auto running = oci::ParseImageId(image.image_id);
  return running ? running->digest.text() : "";
}

// What the log says of a digest that would be denied, as admission asks it: a proof of a trusted signer turns the
// denial.
void ConsultLog(const setup::Stack& stack, const std::string& repository,
                const baseline::Record& record, const Clock& clock, baseline::Observation& seen) {
  observation::LogQuestion question;
  question.repository = repository;
  question.record = &record;
  question.verifier = stack.observer->verifier();
  question.deadline = clock.Steady() + kLogPatience;
  stack.lane->Consult(question, seen);
}

Previewed Judge(const PreviewImage& image, const Picture& picture, const setup::Stack& stack,
                const Clock& clock, Time now) {
  Previewed previewed;
  previewed.image = image;
  const auto reference = oci::Reference::Parse(image.image);
  if (!reference) {
    previewed.unanswered = reference.error().message;
    return previewed;
  }
  previewed.repository = reference->repository.Key();
  const baseline::Record* record = picture.Find(previewed.repository);
  const baseline::EffectivePolicy policy = picture.policies.For(previewed.repository, now);
  const baseline::Settings settings = picture.SettingsFor(previewed.repository);
  observation::Answer answer =
      stack.observer->Observe(QuestionOf(*reference, record, policy, picture));
  baseline::Observation& seen = answer.observation;
  previewed.digest = seen.digest.empty() ? LastDigestOf(image, *reference, record) : seen.digest;
  previewed.known_repository = record != nullptr;
  previewed.credential_needed = seen.credential_needed;
  if (!answer.complete())
    previewed.unanswered = Printable(seen.reason + ": " + answer.message, 512);

  const auto admit = [&](const baseline::Observation* observation) {
    return baseline::Admit(record, previewed.repository, previewed.digest, policy, settings,
                           observation, now);
  };
  previewed.verdict = admit(&seen);
  if (previewed.verdict.verdict == baseline::Admission::kDeny && record != nullptr && stack.lane &&
      !seen.digest.empty()) {
    ConsultLog(stack, previewed.repository, *record, clock, seen);
    previewed.verdict = admit(&seen);
  }
  previewed.never_judged = !admit(nullptr).classified.definite;
  if (previewed.verdict.verdict == baseline::Admission::kAdmit) return previewed;
  const api::ImageFinding finding = api::FindingOf(
      {image.container, previewed.repository, previewed.digest, !reference->digest.has_value()},
      previewed.verdict, record);
  previewed.text = previewed.verdict.verdict == baseline::Admission::kDeny
                       ? api::DenialText({finding})
                       : api::WarningText(finding);
  return previewed;
}

std::string ScopeOf(const PreviewFlags& flags, const std::string& namespace_name) {
  if (flags.files.empty())
    return namespace_name.empty() ? "all namespaces" : "namespace " + namespace_name;
  std::string files;
  for (const std::string& file : flags.files) files += (files.empty() ? "" : ", ") + file;
  return files;
}

void Print(const Invocation& invocation, const PreviewFlags& flags, const std::string& scope,
           const std::vector<Previewed>& all) {
  if (IsStructured(flags.output)) {
    json::Writer w(flags.output == "json");
    PreviewJson(w, all);
    PrintStructured(invocation.out, std::move(w).Take(), flags.output);
    return;
  }
  invocation.out << PreviewText(
      all, scope, flags.output == "wide",
      [&](const std::string& text, Colour colour) { return Coloured(invocation, text, colour); });
}

int Run(const Invocation& invocation, const PreviewFlags& flags,
        const std::vector<std::string>& words) {
  const auto usage = [&](std::string message) {
    return UsageError(invocation, {kInvalidArgument, std::move(message), false});
  };
  if (!words.empty())
    return usage("expected flags only, found " + Printable(words[0]) + "; give a file with -f");
  const bool of_pods = flags.all_namespaces || !flags.namespace_name.empty();
  if (of_pods && (!flags.files.empty() || (flags.all_namespaces && !flags.namespace_name.empty())))
    return usage("expected one of --namespace, --all-namespaces and --filename");

  const auto config = config::PlimsollConfig::Load(flags.config_file);
  if (!config) return UsageError(invocation, config.error());
  PreviewImages images;
  for (const std::string& file : flags.files) {
    if (const Status added = AddFile(invocation, file, images); !added)
      return UsageError(invocation, added.error());
  }
  auto cluster = Cluster::Open(flags.cluster, invocation);
  if (!cluster) return UsageError(invocation, cluster.error());
  std::string namespace_name = flags.namespace_name;
  if (namespace_name.empty() && !flags.all_namespaces)
    namespace_name = cluster->namespace_name().empty() ? "default" : cluster->namespace_name();
  if (flags.files.empty()) {
    if (const Status added = AddPods(*cluster, namespace_name, images); !added)
      return Unjudged(invocation, added.error());
  }
  const auto picture = ReadPicture(*cluster, invocation, *config, images.images());
  if (!picture) return Unjudged(invocation, picture.error());

  const SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  setup::StackOptions options;
  options.api_server = setup::ApiServerHosts(cluster->server());
  auto stack = setup::MakeStack(*config, options, clock, log, metrics);
  if (!stack) return UsageError(invocation, stack.error());
  std::vector<Previewed> all(images.images().size());
  const Time now = clock.Now();
  LookAtAll(invocation, all.size(), "looking at images", [&](std::size_t i) {
    all[i] = Judge(images.images()[i], *picture, *stack, clock, now);
  });
  std::stable_sort(all.begin(), all.end(), [](const Previewed& a, const Previewed& b) {
    return a.verdict.verdict > b.verdict.verdict;
  });
  Print(invocation, flags, ScopeOf(flags, namespace_name), all);
  return CountsOf(all).refused == 0 ? kHolds : kDoesNotHold;
}

}  // namespace

Command PreviewCommand() {
  Command command;
  command.name = "preview";
  command.summary = "show what a namespace that denies would refuse";
  command.description = {
      "Shows, image by image and with reasons, what admission would answer in a namespace labelled "
      "plimsoll.dev/enforce=deny: for the Pods that run in a namespace, or for manifests. It is "
      "decided by the same "
      "functions as admission, from the cluster's baselines and policies and from what the "
      "registries answer now. "
      "Nothing is written.",
      "Registries are asked as Plimsoll asks them, with the credentials of --config and none of "
      "your own, so that "
      "repositories that it cannot read (CredentialNeeded) are found before anything is denied."};
  command.examples = {{"Before a namespace is labelled", "preview -n shop --config plimsoll.yaml"},
                      {"For manifests, in a pipeline", "preview -f deploy.yaml -o json"}};
  command.holds = "nothing would be refused";
  command.does_not_hold = "something would be refused";
  command.could_not_judge = "the API server did not answer";
  return Bind<PreviewFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
