#include "token_source.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "base/encoding.h"
#include "base/printable.h"
#include "json/json.h"

namespace plimsoll::oci {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxTokens = 512;  // of at most 32 KiB each
constexpr seconds kDefaultLife{60};      // the specification's, where the answer names none
constexpr seconds kLongestLife{3'600};
constexpr std::int64_t kShortestLife = 1;

std::string ServiceAndScope(const TokenQuery& query) {
  std::string text;
  if (const auto service = query.challenge.Parameter("service"); !service.empty()) {
    text += "service=" + http::PercentEncode(service) + "&";
  }
  return text + "scope=" + http::PercentEncode(query.scope);
}

http::Request RequestTo(const TokenQuery& query, const http::Url& realm, std::size_t max_bytes) {
  http::Request request;
  request.url = realm.Text();
  request.headers.Add("Accept", "application/json");
  request.max_body_bytes = max_bytes + (16u << 10);  // the token and what stands around it
  request.max_redirects = 0;
  // A realm elsewhere may not lead to a private address, only the named host and what belongs to it.
  request.named_host =
      query.endpoint.OwnsRealm(realm) ? realm.HostPort() : query.endpoint.host_port;
  return request;
}

http::Request GetRequest(const TokenQuery& query, const http::Url& realm,
                         const SealedCredential* content, std::size_t max_bytes) {
  auto request = RequestTo(query, realm, max_bytes);
  request.url += (realm.has_query ? "&" : "?") + ServiceAndScope(query);
  if (content != nullptr) {
    std::string login(content->username.Reveal());
    login += ":";
    login += content->password.Reveal();
    request.headers.Add("Authorization", "Basic " + Base64Encode(AsBytes(login)));
  }
  return request;
}

http::Request PostRequest(const TokenQuery& query, const http::Url& realm,
                          const SealedCredential& content, std::size_t max_bytes) {
  auto request = RequestTo(query, realm, max_bytes);
  request.method = "POST";
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  request.body = ServiceAndScope(query) + "&client_id=plimsoll";
  if (!content.identity_token.empty()) {
    request.body += "&grant_type=refresh_token&refresh_token=" +
                    http::PercentEncode(content.identity_token.Reveal());
  } else {
    request.body +=
        "&grant_type=password&username=" + http::PercentEncode(content.username.Reveal()) +
        "&password=" + http::PercentEncode(content.password.Reveal());
  }
  return request;
}

// A server that knows only the other of the two ways says so by one of these.
bool KnowsNot(const Answer<http::Response>& answer) {
  return answer && (answer->status == 404 || answer->status == 405);
}

bool IsTokenText(std::string_view token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

struct ParsedToken {
  Token token;
  seconds life{0};
};

Answer<ParsedToken> ParseToken(const http::Response& response, std::size_t max_token_bytes) {
  const auto bad = [&](std::string_view what) {
    return tl::make_unexpected(MakeFailure(
        kAnswerRefused, "the token server " + response.url.Authority() + " " + std::string(what),
        true, response.status));
  };
  json::Limits limits;
  limits.max_bytes = max_token_bytes + (16u << 10);
  limits.max_depth = 8;
  limits.max_values = 1'000;
  const auto document = json::Document::Parse(response.body, limits);
  if (!document || !document->root().IsObject()) return bad("did not answer with a JSON object");
  const auto root = document->root();
  auto text = root["token"].StringOrEmpty();
  if (text.empty()) text = root["access_token"].StringOrEmpty();
  if (text.empty()) return bad("answered without a token");
  if (text.size() > max_token_bytes || !IsTokenText(text))
    return bad("gave a token that cannot be one");
  ParsedToken parsed;
  parsed.token = std::make_shared<const SecretText>(text);
  const auto life = root["expires_in"].Int64();
  parsed.life = life ? seconds(std::clamp<std::int64_t>(*life, kShortestLife, kLongestLife.count()))
                     : kDefaultLife;
  return parsed;
}

Failure Refused(const http::Response& response) {
  const auto who = "the token server " + response.url.Authority();
  const auto status = std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) {
    return MakeFailure(
        kAnswerRefused,
        who + " answered with a redirect (" + status + "), which a token request never follows",
        true, response.status);
  }
  // OAuth2 servers answer a wrong login with 400.
  if (response.status == 400 || response.status == 401 || response.status == 403) {
    return MakeFailure(kAuthenticationFailed,
                       who + " answered " + status + RegistryErrorText(response), false,
                       response.status);
  }
  return MakeFailure(kAnswerRefused, who + " answered " + status + RegistryErrorText(response),
                     true, response.status);
}

// Whose turn it is: one at a time, and nobody waits longer than it may.
class Turn {
 public:
  bool Take(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, limit, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void End() {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;  // guarded by mutex_
};

}  // namespace

struct TokenSource::Entry {
  Turn turn;
  // Whose turn it is may use them.
  Token token;
  std::chrono::steady_clock::time_point expires{};
  std::optional<Failure> refused;
  std::chrono::steady_clock::time_point refused_until{};
};

TokenSource::TokenSource(Transport& transport, std::size_t max_token_bytes,
                         std::chrono::milliseconds negative_cache_for)
    : transport_(transport),
      max_token_bytes_(max_token_bytes),
      negative_cache_for_(negative_cache_for) {}

std::shared_ptr<TokenSource::Entry> TokenSource::At(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxTokens && !entries_.contains(key)) {
    // Rare, and a token is cheap to get again: what nobody waits for goes.
    std::erase_if(entries_, [](const auto& item) { return item.second.use_count() == 1; });
  }
  auto& entry = entries_[key];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

Answer<Grant> TokenSource::Get(const TokenQuery& query, const CallContext& call) {
  const auto realm_text = query.challenge.Parameter("realm");
  const auto realm = http::Url::Parse(realm_text);
  if (!realm) {
    return tl::make_unexpected(MakeFailure(
        kAnswerRefused,
        query.endpoint.host + " names no usable token server: " + realm.error().message));
  }
  if (!realm->https && !query.endpoint.plain_http) {
    return tl::make_unexpected(
        MakeFailure(kRealmNotTrusted, query.endpoint.host + " names a token server without TLS, " +
                                          Printable(realm->ForPeople()) +
                                          ", which is not asked: its answer could be anybody's"));
  }
  const auto key = std::to_string(query.credential.id()) + "\n" + query.endpoint.host_port + "\n" +
                   realm_text + "\n" + query.challenge.Parameter("service") + "\n" + query.scope;
  const auto entry = At(key);
  if (!entry->turn.Take(transport_.Remaining(call))) {
    return tl::make_unexpected(MakeFailure(
        kRegistryUnreachable, "no token from " + realm->Authority() + " within the time", true));
  }
  const std::unique_ptr<Turn, void (*)(Turn*)> turn(&entry->turn,
                                                    [](Turn* taken) { taken->End(); });
  const auto now = transport_.clock().Steady();
  if (!query.renew && entry->token && now < entry->expires) return Grant{entry->token, false};
  if (!call.fresh && entry->refused && now < entry->refused_until)
    return tl::make_unexpected(*entry->refused);
  return Fetch(query, *realm, call, *entry);
}

Answer<Grant> TokenSource::Fetch(const TokenQuery& query, const http::Url& realm,
                                 const CallContext& call, Entry& entry) {
  entry.token = nullptr;
  entry.refused = std::nullopt;
  auto answer = Ask(query, realm, call);
  auto failure = [&]() -> std::optional<Failure> {
    if (!answer) return answer.error();
    if (answer->status != 200) return Refused(*answer);
    return std::nullopt;
  }();
  if (failure) {
    if (failure->error.code == kAuthenticationFailed || failure->error.code == kRealmNotTrusted) {
      entry.refused = failure;
      entry.refused_until = transport_.clock().Steady() + negative_cache_for_;
    }
    return tl::make_unexpected(std::move(*failure));
  }
  auto parsed = ParseToken(*answer, max_token_bytes_);
  if (!parsed) return tl::make_unexpected(parsed.error());
  // A tenth of its life is left, so that it does not end on its way.
  entry.token = parsed->token;
  entry.expires = transport_.clock().Steady() + parsed->life - parsed->life / 10;
  return Grant{entry.token, true};
}

Answer<http::Response> TokenSource::Ask(const TokenQuery& query, const http::Url& realm,
                                        const CallContext& call) {
  const auto* content = CredentialReader::Content(query.credential);
  if (content != nullptr && !query.endpoint.TrustsRealm(realm)) {
    return tl::make_unexpected(MakeFailure(
        kRealmNotTrusted,
        query.endpoint.host + " names " + Printable(realm.HostPort()) +
            " as its token server, which is another host: the credential was not sent there, and "
            "without it the "
            "registry does not answer. If that server belongs to " +
            query.endpoint.host + ", add to the configuration: registries: [{host: \"" +
            query.endpoint.host + "\", tokenRealm: \"" + Printable(realm.HostPort()) + "\"}]"));
  }
  const auto send = [&](http::Request request) {
    ++call.counts->token_requests;
    return transport_.Send(std::move(request), call, true);
  };
  if (content == nullptr) return send(GetRequest(query, realm, nullptr, max_token_bytes_));
  const bool has_login = !content->username.empty() && !content->password.empty();
  if (!content->identity_token.empty()) {
    auto answer = send(PostRequest(query, realm, *content, max_token_bytes_));
    if (!KnowsNot(answer) || !has_login) return answer;
    return send(GetRequest(query, realm, content, max_token_bytes_));
  }
  auto answer = send(GetRequest(query, realm, content, max_token_bytes_));
  if (!KnowsNot(answer)) return answer;
  return send(PostRequest(query, realm, *content, max_token_bytes_));
}

}  // namespace plimsoll::oci
