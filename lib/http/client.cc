#include "http/client.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <curl/curl.h>

#include "base/printable.h"
#include "base/version.h"
#include "exchange.h"
#include "proxy.h"
#include "tls.h"

namespace plimsoll::http {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMaxRequestBody = 1024 * 1024;
constexpr std::size_t kMaxRequestFields = 64;
constexpr std::chrono::milliseconds kLongestTimeout = std::chrono::hours(1);
constexpr std::chrono::seconds kApiServerCheckEvery{30};
constexpr std::chrono::seconds kApiServerLookup{2};

// Fields that decide how a message is framed, or that the client promises to send itself.
constexpr std::string_view kOurFields[] = {
    "Host",    "Content-Length", "Transfer-Encoding", "Connection",       "TE",
    "Upgrade", "Expect",         "Accept-Encoding",   "Proxy-Connection", "Trailer"};

// All that another host gets to see after a redirect.
constexpr std::string_view kPublicFields[] = {"Accept", "Range", "Cache-Control", "User-Agent"};

template <std::size_t N>
bool IsOneOf(std::string_view name, const std::string_view (&list)[N]) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view entry) { return EqualIgnoreCase(entry, name); });
}

Status CheckRequest(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    return Fail(kInvalidArgument, "the method is GET, HEAD or POST");
  }
  if (request.method != "POST" && !request.body.empty()) {
    return Fail(kInvalidArgument, "only POST has a body");
  }
  if (request.body.size() > kMaxRequestBody || request.headers.size() > kMaxRequestFields) {
    return Fail(kInvalidArgument, "the request is too large");
  }
  for (const Header& field : request.headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value) || IsOneOf(field.name, kOurFields)) {
      return Fail(kInvalidArgument,
                  "the header field \"" + PrintableAscii(field.name, 64) + "\" cannot be sent");
    }
  }
  if (request.timeout <= std::chrono::milliseconds(0) || request.timeout > kLongestTimeout ||
      request.connect_timeout <= std::chrono::milliseconds(0)) {
    return Fail(kInvalidArgument, "a request's time is between 1 ms and 1 h");
  }
  return {};
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Headers OnlyPublic(const Headers& headers) {
  Headers kept;
  for (const Header& field : headers) {
    if (IsOneOf(field.name, kPublicFields)) kept.Add(field.name, field.value);
  }
  return kept;
}

// The addresses of the API server: literal ones, and what its names resolved to last.
class ApiServer {
 public:
  Status Configure(const std::vector<std::string>& hosts) {
    for (const std::string& host : hosts) {
      const Result<IpAddress> address = IpAddress::Parse(host);
      if (address) {
        literal_.push_back(*address);
        continue;
      }
      const Result<Url> url = Url::Parse("https://" + host + "/");
      if (!url) return Fail(kInvalidArgument, "the API server's host: " + url.error().message);
      names_.push_back(url->host);
    }
    return {};
  }

  bool IsName(const std::string& host) const {
    return std::find(names_.begin(), names_.end(), host) != names_.end();
  }

  // A name that does not resolve now keeps the addresses that it had.
  AddressPolicy Policy(Resolver& resolver, Steady::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!names_.empty() && (!checked_ || Steady::now() - *checked_ >= kApiServerCheckEvery)) {
      checked_ = Steady::now();
      lock.unlock();
      std::map<std::string, std::vector<IpAddress>> found;
      const auto until = std::min(deadline, Steady::now() + kApiServerLookup);
      for (const std::string& name : names_) {
        Result<std::vector<IpAddress>> addresses = resolver.Resolve(name, until, false);
        if (addresses) found[name] = std::move(*addresses);
      }
      lock.lock();
      for (auto& [name, addresses] : found) named_[name] = std::move(addresses);
    }
    AddressPolicy policy{literal_};
    for (const auto& [name, addresses] : named_) {
      policy.api_server.insert(policy.api_server.end(), addresses.begin(), addresses.end());
    }
    return policy;
  }

 private:
  // Constant after Configure.
  std::vector<IpAddress> literal_;
  std::vector<std::string> names_;

  std::mutex mutex_;
  std::optional<Steady::time_point> checked_;            // guarded by mutex_
  std::map<std::string, std::vector<IpAddress>> named_;  // guarded by mutex_
};

// The sessions that serve no call, and how many there are in all. A call that finds none free waits.
class SessionPool {
 public:
  explicit SessionPool(const ClientOptions& options) : options_(options) {}

  Result<std::unique_ptr<Session>> Take(const std::string& host_port, Steady::time_point deadline) {
    std::unique_lock lock(mutex_);
    const bool there = changed_.wait_until(lock, deadline, [&] {
      return stopping_ || !idle_.empty() || total_ < options_.max_sessions;
    });
    if (stopping_) return FailRetryable(kCancelled, "the client is shutting down");
    if (!there) {
      return FailRetryable(kTimeout, "all " + std::to_string(options_.max_sessions) +
                                         " connections were busy for the time of the request");
    }
    if (!idle_.empty()) {
      auto chosen = std::find_if(idle_.begin(), idle_.end(),
                                 [&](const auto& session) { return session->Knows(host_port); });
      if (chosen == idle_.end()) chosen = idle_.begin();  // the one unused for the longest time
      std::unique_ptr<Session> session = std::move(*chosen);
      idle_.erase(chosen);
      busy_.push_back(session.get());
      return session;
    }
    PLIMSOLL_ASSIGN(std::unique_ptr<Session> session, Session::New(options_));
    ++total_;
    busy_.push_back(session.get());
    return session;
  }

  void Give(std::unique_ptr<Session> session) {
    {
      const std::lock_guard lock(mutex_);
      std::erase(busy_, session.get());
      idle_.push_back(std::move(session));
    }
    changed_.notify_all();
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (Session* session : busy_) session->Wake();
    }
    changed_.notify_all();
  }

  // Until no call is running: the destructor of a client must not pull the ground away.
  void WaitUntilIdle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return busy_.empty(); });
  }

 private:
  const ClientOptions& options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Session>> idle_;
  std::vector<Session*> busy_;
  std::size_t total_ = 0;
  bool stopping_ = false;
};

class CurlClient final : public Client {
 public:
  explicit CurlClient(ClientOptions options)
      : options_(std::move(options)), pool_(options_), none_{} {}

  ~CurlClient() override {
    Shutdown();
    pool_.WaitUntilIdle();
  }

  Status Configure();
  Result<Response> Send(const Request& request) override;

  void Shutdown() override {
    stopping_.store(true);
    if (options_.resolver) options_.resolver->Shutdown();
    pool_.Stop();
  }

 private:
  struct Call {
    const Request& request;
    Steady::time_point deadline;
    std::string named_host;  // "host:port" or ""
    std::vector<std::string> redirect_hosts;
  };

  const HostSettings& SettingsOf(const Url& url) const;
  Status CheckScheme(const Url& url) const;
  Result<Hop> PrepareHop(const Call& call, const Url& url, const Headers& headers);
  Result<Response> RunHop(Hop& hop);
  Result<Url> RedirectTarget(const Call& call, const Url& first, const Response& response) const;

  // Constant after Configure.
  ClientOptions options_;
  std::map<std::string, HostSettings> hosts_;  // by "host:port"
  ApiServer api_server_;
  TrustStores stores_;

  SessionPool pool_;
  const HostSettings none_;
  std::atomic<bool> stopping_{false};
};

Status CurlClient::Configure() {
  if (options_.max_sessions == 0 || options_.connections_per_session == 0) {
    return Fail(kInvalidArgument, "a client needs at least one session and one connection");
  }
  if (options_.user_agent.empty()) {
    options_.user_agent = "plimsoll/" + std::string(Version());
  }
  if (!options_.resolver) options_.resolver = NewSystemResolver();
  PLIMSOLL_TRY(CheckProxySettings(options_.proxy));
  PLIMSOLL_TRY(api_server_.Configure(options_.api_server));
  PLIMSOLL_TRY(stores_.Load(options_.ca_file));
  for (const HostSettings& settings : options_.hosts) {
    Result<std::string> key = NormalizeHostPort(settings.host, settings.plain_http ? 80 : 443);
    if (!key) return Fail(kInvalidArgument, "registries: host: " + key.error().message);
    if (!settings.ca_file.empty()) PLIMSOLL_TRY(stores_.Load(settings.ca_file));
    if (!settings.client_certificate_file.empty()) {
      PLIMSOLL_TRY(
          CheckClientCertificate(settings.client_certificate_file, settings.client_key_file));
    }
    if (!hosts_.emplace(*key, settings).second) {
      return Fail(kInvalidArgument, "registries: the host " + Printable(*key) + " is listed twice");
    }
  }
  return {};
}

const HostSettings& CurlClient::SettingsOf(const Url& url) const {
  const auto found = hosts_.find(url.HostPort());
  return found == hosts_.end() ? none_ : found->second;
}

Status CurlClient::CheckScheme(const Url& url) const {
  if (url.https || SettingsOf(url).plain_http) return {};
  return Fail(kPlainHttpRefused, url.ForPeople() +
                                     ": plain HTTP is used only where it is configured; if it is "
                                     "right, set plainHTTP for the registry " +
                                     url.Authority());
}

// What the address policy can say about a host that a proxy will resolve.
Status CheckProxied(const ApiServer& api_server, const Hop& hop) {
  const Result<IpAddress> literal = IpAddress::Parse(hop.url.host);
  if (literal) {
    return CheckAddress(hop.policy, *literal, hop.settings->allow_address, hop.named,
                        hop.url.Authority());
  }
  const std::string& host = hop.url.host;
  const bool local = host == "localhost" || host.ends_with(".localhost");
  if ((local || api_server.IsName(host)) && hop.settings->allow_address.empty()) {
    return Fail(kAddressRefused, "requests to " + Printable(host, 128) +
                                     " are not made; if it is right, list its address under "
                                     "allowAddress of the registry");
  }
  return {};
}

Result<Hop> CurlClient::PrepareHop(const Call& call, const Url& url, const Headers& headers) {
  Hop hop;
  hop.request = &call.request;
  hop.url = url;
  hop.headers = headers;
  hop.headers.Add("Accept-Encoding", "identity");
  if (!hop.headers.Has("User-Agent")) hop.headers.Add("User-Agent", options_.user_agent);
  if (!hop.headers.Has("Accept")) hop.headers.Add("Accept", "*/*");
  hop.deadline = call.deadline;
  hop.settings = &SettingsOf(url);
  hop.store = stores_.Get(hop.settings->ca_file.empty() ? options_.ca_file : hop.settings->ca_file);
  hop.proxy = ProxyFor(options_.proxy, url);
  hop.named = !call.named_host.empty() && call.named_host == url.HostPort();
  hop.fresh = call.request.fresh_connection;
  hop.options = &options_;
  hop.stopping = &stopping_;
  hop.policy = api_server_.Policy(*options_.resolver, call.deadline);
  if (!hop.proxy.empty()) {
    PLIMSOLL_TRY(CheckProxied(api_server_, hop));
    return hop;
  }
  const Result<IpAddress> literal = IpAddress::Parse(url.host);
  std::vector<IpAddress> found;
  if (literal) {
    found = {*literal};
  } else {
    PLIMSOLL_ASSIGN(found, options_.resolver->Resolve(url.host, call.deadline, hop.fresh));
  }
  Status last = Fail(kDnsFailed, "no address for " + Printable(url.host));
  for (const IpAddress& address : found) {
    Status judged =
        CheckAddress(hop.policy, address, hop.settings->allow_address, hop.named, url.Authority());
    if (judged) {
      hop.addresses.push_back(address);
    } else {
      last = std::move(judged);
    }
  }
  if (hop.addresses.empty()) return Forward(std::move(last).error());
  if (literal) hop.addresses.clear();
  hop.resolve_host = literal ? "" : url.HostPort();
  return hop;
}

Result<Response> CurlClient::RunHop(Hop& hop) {
  while (true) {
    PLIMSOLL_ASSIGN(std::unique_ptr<Session> session, pool_.Take(hop.url.HostPort(), hop.deadline));
    bool refused_reused = false;
    Result<Response> response = session->Run(hop, refused_reused);
    pool_.Give(std::move(session));
    if (response || !refused_reused || hop.fresh) return response;
    hop.fresh =
        true;  // an older connection leads elsewhere: a new one goes where the name does now
  }
}

Result<Url> CurlClient::RedirectTarget(const Call& call, const Url& first,
                                       const Response& response) const {
  const auto refuse = [&](const std::string& why) {
    return Fail(kRedirectRefused, response.url.ForPeople() + ": the redirect (" +
                                      std::to_string(response.status) +
                                      ") is not followed: " + why);
  };
  const std::vector<std::string_view> locations = response.headers.All("Location");
  if (locations.size() != 1) return refuse("expected one Location field");
  Result<Url> target = response.url.Resolve(locations.front());
  if (!target) return refuse(target.error().message);
  if (response.url.https && !target->https) return refuse("it leads from https to http");
  if (response.redirects >= call.request.max_redirects) {
    return refuse("there were " + std::to_string(call.request.max_redirects) + " before it");
  }
  if (call.request.redirect_scope == RedirectScope::kSameOrigin && !target->SameOrigin(first)) {
    return refuse("it leads to another host, " + Printable(target->Authority(), 128));
  }
  if (!call.redirect_hosts.empty() &&
      std::find(call.redirect_hosts.begin(), call.redirect_hosts.end(), target->HostPort()) ==
          call.redirect_hosts.end()) {
    return refuse("it leads to " + Printable(target->Authority(), 128) +
                  ", which is not among the hosts allowed");
  }
  const Status scheme = CheckScheme(*target);
  if (!scheme) return refuse(scheme.error().message);
  return target;
}

Result<Response> CurlClient::Send(const Request& request) {
  const Steady::time_point began = Steady::now();
  if (stopping_.load()) return FailRetryable(kCancelled, "the client is shutting down");
  PLIMSOLL_TRY(CheckRequest(request));
  Result<Url> parsed = Url::Parse(request.url);
  if (!parsed) return Fail(kInvalidArgument, parsed.error().message);
  PLIMSOLL_TRY(CheckScheme(*parsed));
  Call call{request, began + request.timeout, "", {}};
  const std::uint16_t default_port = parsed->https ? 443 : 80;
  if (!request.named_host.empty()) {
    PLIMSOLL_ASSIGN(call.named_host, NormalizeHostPort(request.named_host, default_port));
  }
  for (const std::string& host : request.redirect_hosts) {
    PLIMSOLL_ASSIGN(std::string normal, NormalizeHostPort(host, default_port));
    call.redirect_hosts.push_back(std::move(normal));
  }

  Url url = *parsed;
  Headers headers = request.headers;
  for (int redirects = 0;; ++redirects) {
    PLIMSOLL_ASSIGN(Hop hop, PrepareHop(call, url, headers));
    PLIMSOLL_ASSIGN(Response response, RunHop(hop));
    response.redirects = redirects;
    response.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began);
    const bool follow =
        request.max_redirects > 0 && request.method != "POST" && IsRedirect(response.status);
    if (!follow) return response;
    PLIMSOLL_ASSIGN(Url target, RedirectTarget(call, *parsed, response));
    if (!target.SameOrigin(url)) headers = OnlyPublic(headers);
    url = std::move(target);
  }
}

}  // namespace

Result<std::unique_ptr<Client>> NewClient(ClientOptions options) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return Fail(kInternal, "libcurl could not be initialised");
  auto client = std::make_unique<CurlClient>(std::move(options));
  PLIMSOLL_TRY(client->Configure());
  return client;
}

}  // namespace plimsoll::http
