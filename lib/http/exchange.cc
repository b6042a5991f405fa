#include "exchange.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "base/printable.h"
#include "http/reason.h"

namespace plimsoll::http {
namespace {

using Steady = std::chrono::steady_clock;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

bool Append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) return false;
  (void)list.release();
  list.reset(longer);
  return true;
}

// What the callbacks share with Run.
struct Transfer {
  const Hop* hop;
  AnswerReader reader;
  std::optional<Error> refused;  // by the address policy, when a socket was to be opened
  bool refused_reused = false;
};

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* context) {
  auto* transfer = static_cast<Transfer*>(context);
  return transfer->reader.Line({data, size * count}) ? size * count : 0;
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* context) {
  auto* transfer = static_cast<Transfer*>(context);
  const std::size_t bytes = size * count;
  return transfer->reader.Body({data, bytes}) ? bytes : (bytes == 0 ? 1 : 0);
}

Status Judge(const Hop& hop, const IpAddress& address) {
  if (!hop.proxy.empty()) return {};
  return CheckAddress(hop.policy, address, hop.settings->allow_address, hop.named,
                      hop.url.Authority());
}

curl_socket_t OnOpenSocket(void* context, curlsocktype /*purpose*/, curl_sockaddr* target) {
  auto* transfer = static_cast<Transfer*>(context);
  const Result<IpAddress> address = IpAddress::FromSockaddr(&target->addr, target->addrlen);
  Status judged = address ? Judge(*transfer->hop, *address) : Forward(address.error());
  if (!judged) {
    transfer->refused = std::move(judged).error();
    return CURL_SOCKET_BAD;
  }
  return socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

// Called for every request, also on a connection that was there before and that another request,
// with other rights, may have opened.
int OnConnected(void* context, char* primary_ip, char* /*local_ip*/, int /*primary_port*/,
                int /*local_port*/) {
  auto* transfer = static_cast<Transfer*>(context);
  const Result<IpAddress> address = IpAddress::Parse(primary_ip == nullptr ? "" : primary_ip);
  Status judged = address ? Judge(*transfer->hop, *address) : Forward(address.error());
  if (judged) return CURL_PREREQFUNC_OK;
  transfer->refused = std::move(judged).error();
  transfer->refused_reused = true;
  return CURL_PREREQFUNC_ABORT;
}

CURLcode OnTlsContext(CURL* /*easy*/, void* context, void* user) {
  const auto* transfer = static_cast<const Transfer*>(user);
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), transfer->hop->store.get());
  return CURLE_OK;
}

long Milliseconds(Steady::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now());
  return static_cast<long>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

struct Mapped {
  Reason code;
  const char* what;
  bool retryable;
};

Mapped MapCode(CURLcode code, std::string_view detail) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {kDnsFailed, "no address", true};
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_INTERFACE_FAILED:
      return {kConnectFailed, "no connection", true};
    case CURLE_OPERATION_TIMEDOUT:
      return {kTimeout, "no complete answer in time", true};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return {kTlsFailed, "the certificate was not accepted", false};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_SHUTDOWN_FAILED:
      return {kTlsFailed, "the TLS handshake failed", true};
    case CURLE_RECV_ERROR:
      if (detail.find("chunked-encoding") != std::string_view::npos) {
        return {kBadProtocol, "malformed chunks", false};
      }
      if (detail.find("Too large response headers") != std::string_view::npos) {
        return {kHeaderTooLarge, "the answer's header is too large", false};
      }
      return {kTransferCut, "the connection broke", true};
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
      return {kTransferCut, "the answer ended early", true};
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return {kInternal, "the request could not be made", true};
    default:
      return {kBadProtocol, "not a well-formed answer", false};
  }
}

}  // namespace

struct Session::Impl {
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  std::size_t max_known = 0;
  std::deque<std::string> known;  // "host:port", the latest first
  std::string resolved;           // the "host:port" that the multi handle's name cache holds

  Result<Response> Perform(Transfer& transfer);
  bool Prepare(Transfer& transfer, const List& headers, const List& resolve);
  bool PrepareConnection(const Hop& hop, Transfer& transfer);
  CURLcode Drive(const Hop& hop, bool& cancelled);
  Error ErrorOf(const Transfer& transfer, CURLcode code, const char* detail) const;
  void Remember(const std::string& host_port);
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Session::~Session() {
  if (impl_->easy != nullptr) curl_easy_cleanup(impl_->easy);
  if (impl_->multi != nullptr) curl_multi_cleanup(impl_->multi);
}

Result<std::unique_ptr<Session>> Session::New(const ClientOptions& options) {
  std::unique_ptr<Session> session(new Session(std::make_unique<Impl>()));
  Impl& impl = *session->impl_;
  impl.multi = curl_multi_init();
  impl.easy = curl_easy_init();
  if (impl.multi == nullptr || impl.easy == nullptr) {
    return FailRetryable(kInternal, "out of memory for a connection");
  }
  impl.max_known = options.connections_per_session;
  curl_multi_setopt(impl.multi, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(options.connections_per_session));
  curl_multi_setopt(impl.multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  return session;
}

void Session::Wake() { curl_multi_wakeup(impl_->multi); }

bool Session::Knows(const std::string& host_port) const {
  const auto& known = impl_->known;
  return std::find(known.begin(), known.end(), host_port) != known.end();
}

void Session::Impl::Remember(const std::string& host_port) {
  std::erase(known, host_port);
  known.push_front(host_port);
  if (known.size() > max_known) known.pop_back();
}

bool Session::Impl::PrepareConnection(const Hop& hop, Transfer& transfer) {
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK;
  };
  const long connect =
      std::min(Milliseconds(hop.deadline), static_cast<long>(hop.request->connect_timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, std::max(connect, 1L));
  set(CURLOPT_TIMEOUT_MS, std::max(Milliseconds(hop.deadline), 1L));
  set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(hop.options->low_speed_bytes_per_second));
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(hop.options->low_speed_time.count()));
  set(CURLOPT_MAXAGE_CONN, static_cast<long>(hop.options->idle_connection.count()));
  set(CURLOPT_FRESH_CONNECT, hop.fresh ? 1L : 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, hop.url.https ? "https" : "http");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROXY, hop.proxy.c_str());
  set(CURLOPT_NOPROXY, "");
  if (!hop.proxy.empty()) {
    set(CURLOPT_HTTPPROXYTUNNEL, hop.url.https ? 1L : 0L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  }
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
  set(CURLOPT_SSL_CTX_FUNCTION, OnTlsContext);
  set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(&transfer));
  const HostSettings& settings = *hop.settings;
  if (hop.url.https && !settings.client_certificate_file.empty()) {
    const std::string& key = settings.client_key_file.empty() ? settings.client_certificate_file
                                                              : settings.client_key_file;
    set(CURLOPT_SSLCERT, settings.client_certificate_file.c_str());
    set(CURLOPT_SSLKEY, key.c_str());
  }
  set(CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
  set(CURLOPT_PREREQFUNCTION, OnConnected);
  set(CURLOPT_PREREQDATA, static_cast<void*>(&transfer));
  return ok;
}

bool Session::Impl::Prepare(Transfer& transfer, const List& headers, const List& resolve) {
  const Hop& hop = *transfer.hop;
  const Request& request = *hop.request;
  curl_easy_reset(easy);
  bool ok = PrepareConnection(hop, transfer);
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, hop.url.Text().c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTPHEADER, headers.get());
  if (resolve) set(CURLOPT_RESOLVE, resolve.get());
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method == "POST") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  } else {
    set(CURLOPT_HTTPGET, 1L);
  }
  set(CURLOPT_HEADERFUNCTION, OnHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_WRITEFUNCTION, OnBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  return ok;
}

// Runs the transfer to its end, the deadline or the client's shutdown.
CURLcode Session::Impl::Drive(const Hop& hop, bool& cancelled) {
  constexpr long kLongestPoll = 1000;
  while (true) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    if (hop.stopping->load()) {
      cancelled = true;
      return CURLE_ABORTED_BY_CALLBACK;
    }
    const long wait = Milliseconds(hop.deadline);
    if (wait == 0) return CURLE_OPERATION_TIMEDOUT;
    if (curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min(wait, kLongestPoll)),
                        nullptr) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
  }
}

Error Session::Impl::ErrorOf(const Transfer& transfer, CURLcode code, const char* detail) const {
  const bool policy = transfer.refused.has_value() &&
                      (code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK);
  const std::string where = transfer.hop->request->method + " " + transfer.hop->url.ForPeople();
  if (policy) return {transfer.refused->code, where + ": " + transfer.refused->message, false};
  if (transfer.reader.error()) {
    const Error& error = *transfer.reader.error();
    return {error.code, where + ": " + error.message, error.retryable};
  }
  Mapped mapped = MapCode(code, detail);
  if (code == CURLE_OUT_OF_MEMORY && !transfer.reader.header_complete()) {
    // What libcurl says when a single line exceeds its own limit of 100 KiB.
    mapped = {kHeaderTooLarge, "a line of the answer's header is too long", false};
  }
  const std::string why = *detail == '\0' ? curl_easy_strerror(code) : detail;
  return {mapped.code, where + ": " + mapped.what + " (" + Printable(why) + ")", mapped.retryable};
}

Result<Response> Session::Impl::Perform(Transfer& transfer) {
  const Hop& hop = *transfer.hop;
  List headers;
  bool ok = true;
  for (const Header& field : hop.headers) {
    // libcurl's notation: a field without a value ends in a semicolon.
    ok = ok &&
         Append(headers, field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  ok = ok && Append(headers, "Expect:");
  List resolve;
  if (!resolved.empty() && resolved != hop.resolve_host) {
    ok = ok && Append(resolve, "-" + resolved);
    resolved.clear();
  }
  if (!hop.addresses.empty()) {
    std::string entry = hop.resolve_host + ":";
    for (std::size_t i = 0; i < hop.addresses.size(); ++i) {
      const std::string text = hop.addresses[i].Text();
      entry += (i == 0 ? "" : ",") + (hop.addresses[i].is_v4() ? text : "[" + text + "]");
    }
    ok = ok && Append(resolve, entry);
    resolved = hop.resolve_host;
  }
  char detail[CURL_ERROR_SIZE] = {};
  ok = ok && Prepare(transfer, headers, resolve) &&
       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, &detail[0]) == CURLE_OK &&
       curl_multi_add_handle(multi, easy) == CURLM_OK;
  if (!ok) return FailRetryable(kInternal, "the request could not be prepared");

  bool cancelled = false;
  const CURLcode code = Drive(hop, cancelled);
  curl_multi_remove_handle(multi, easy);
  Remember(hop.url.HostPort());
  if (cancelled) return FailRetryable(kCancelled, "the client is shutting down");
  const bool complete = code == CURLE_OK && transfer.reader.header_complete();
  const bool enough = transfer.reader.truncated() && !transfer.reader.error();
  if (!complete && !enough) {
    return Forward(ErrorOf(transfer, code, &detail[0]));
  }

  Response response;
  response.status = transfer.reader.status();
  response.headers = std::move(transfer.reader.headers());
  response.body = std::move(transfer.reader.body());
  response.body_truncated = transfer.reader.truncated();
  response.url = hop.url;
  response.via_proxy = !hop.proxy.empty();
  char* ip = nullptr;
  long port = 0;
  long connects = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  const std::string address = ip == nullptr ? "" : ip;
  response.remote_address =
      (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" +
      std::to_string(port);
  response.reused_connection = connects == 0;
  return response;
}

Result<Response> Session::Run(const Hop& hop, bool& refused_reused) {
  const Request& request = *hop.request;
  Transfer transfer{
      &hop,
      AnswerReader({request.method == "HEAD", request.max_body_bytes, request.max_error_body_bytes,
                    request.max_header_bytes, request.max_header_count, request.media_types,
                    request.any_type_with}),
      std::nullopt, false};
  Result<Response> response = impl_->Perform(transfer);
  // Callbacks hold a pointer to what is gone after this.
  curl_easy_reset(impl_->easy);
  refused_reused = transfer.refused_reused;
  return response;
}

}  // namespace plimsoll::http
