#include "session.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/printable.h"

namespace plimsoll::oci {
namespace {

constexpr std::chrono::hours kRememberChallenge{1};
constexpr std::size_t kMaxChallengedHosts = 1'024;
constexpr int kMaxSends = 3;
constexpr int kMaxRedirects = 5;

Failure Denied(const http::Response& response, std::string_view why) {
  return MakeFailure(kAuthenticationFailed,
                     response.url.Authority() + " answered " + std::to_string(response.status) +
                         RegistryErrorText(response) + std::string(why),
                     false, response.status);
}

}  // namespace

std::optional<Challenge> ChallengeMemory::Of(const std::string& host_port) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(host_port);
  if (found == entries_.end() || found->second.until <= clock_.Steady()) return std::nullopt;
  return found->second.challenge;
}

void ChallengeMemory::Remember(const std::string& host_port, const Challenge& challenge) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxChallengedHosts && !entries_.contains(host_port)) entries_.clear();
  entries_[host_port] = {challenge, clock_.Steady() + kRememberChallenge};
}

void ChallengeMemory::Forget(const std::string& host_port) {
  const std::lock_guard lock(mutex_);
  entries_.erase(host_port);
}

Session::Session(Transport& transport, TokenSource& tokens, ChallengeMemory& challenges,
                 Endpoint endpoint, Repository repository, Credential credential, CallContext call)
    : transport_(transport),
      tokens_(tokens),
      challenges_(challenges),
      endpoint_(std::move(endpoint)),
      repository_(std::move(repository)),
      credential_(std::move(credential)),
      call_(call),
      scope_(PullScope(repository_.path)) {}

http::Request Session::Build(const Ask& ask) const {
  http::Request request;
  request.method = ask.method;
  request.url = endpoint_.Url(ask.target);
  if (!ask.accept.empty()) {
    std::string accept;
    for (const auto& type : ask.accept) accept += (accept.empty() ? "" : ", ") + type;
    request.headers.Add("Accept", std::move(accept));
  }
  if (!ask.if_none_match.empty()) request.headers.Add("If-None-Match", ask.if_none_match);
  if (ask.only_accepted) request.media_types = ask.accept;
  if (ask.stored) request.any_type_with = kContentDigest;
  request.max_body_bytes = ask.max_body;
  request.max_redirects = kMaxRedirects;
  request.named_host = endpoint_.host_port;
  return request;
}

Answer<http::Response> Session::Send(const Ask& ask) {
  std::optional<Failure> failure;
  token_is_new_ = false;
  auto call = call_;
  call.fresh = call.fresh || ask.fresh;
  auto authorization = Preemptive(failure);
  if (failure) return tl::make_unexpected(std::move(*failure));
  for (int sends = 1;; ++sends) {
    auto request = Build(ask);
    if (authorization) request.headers.Add("Authorization", *authorization);
    auto response = transport_.Send(std::move(request), call, true);
    if (!response) return response;
    if (response->status == 403) return tl::make_unexpected(Denied(*response, ""));
    if (response->status != 401) return response;
    if (response->url.HostPort() != endpoint_.host_port) {
      return tl::make_unexpected(Denied(
          *response,
          ", after " + endpoint_.host + " redirected to it: no credential goes to another host"));
    }
    if (sends == kMaxSends) return tl::make_unexpected(Denied(*response, " to every token"));
    auto next = Answering(*response, authorization.has_value());
    if (!next) return tl::make_unexpected(next.error());
    if (authorization && *next == *authorization && !token_is_new_) {
      return tl::make_unexpected(Denied(*response, " to what " + credential_.origin() + " gives"));
    }
    authorization = std::move(*next);
  }
}

// What the host is known to want, so that a request costs one round trip.
std::optional<std::string> Session::Preemptive(std::optional<Failure>& failure) {
  const auto* content = CredentialReader::Content(credential_);
  if (content != nullptr && endpoint_.plain_http) {
    failure = MakeFailure(kAuthenticationFailed,
                          endpoint_.host +
                              " is configured for plain HTTP, over which no credential is sent (" +
                              credential_.origin() + ")");
    return std::nullopt;
  }
  if (content != nullptr && !content->registry_token.empty()) {
    return "Bearer " + std::string(content->registry_token.Reveal());
  }
  const auto known = challenges_.Of(endpoint_.host_port);
  if (!known) return std::nullopt;
  if (known->scheme == "basic") {
    if (content == nullptr || content->username.empty()) return std::nullopt;
    const std::string login =
        std::string(content->username.Reveal()) + ":" + std::string(content->password.Reveal());
    return "Basic " + Base64Encode(AsBytes(login));
  }
  auto bearer = BearerFor(*known, scope_, false);
  if (bearer) return std::move(*bearer);
  if (bearer.error().error.code == kAnswerRefused) {
    challenges_.Forget(endpoint_.host_port);  // perhaps the host has another token server now
  } else {
    failure = bearer.error();
  }
  return std::nullopt;
}

Answer<std::string> Session::BearerFor(const Challenge& challenge, const std::string& scope,
                                       bool renew) {
  realm_ = challenge.Parameter("realm");
  auto token = tokens_.Get({.endpoint = endpoint_,
                            .credential = credential_,
                            .challenge = challenge,
                            .scope = scope,
                            .renew = renew},
                           call_);
  if (!token) return tl::make_unexpected(token.error());
  scope_ = scope;
  token_is_new_ = token->fetched;
  return "Bearer " + std::string(token->token->Reveal());
}

// The authorization that a 401 asks for.
Answer<std::string> Session::Answering(const http::Response& response, bool had_token) {
  const auto challenges = ParseChallenges(response.headers.All("WWW-Authenticate"));
  const auto of = [&](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(), [&](const Challenge& challenge) {
      return challenge.scheme == scheme &&
             (scheme != "bearer" || !challenge.Parameter("realm").empty());
    });
  };
  const auto* content = CredentialReader::Content(credential_);
  if (const auto bearer = of("bearer"); bearer != challenges.end()) {
    // The parameters that are kept are those that every repository of the host shares.
    Challenge shared;
    shared.scheme = "bearer";
    for (const char* name : {"realm", "service"}) {
      if (const auto value = bearer->Parameter(name); !value.empty())
        shared.parameters[name] = value;
    }
    challenges_.Remember(endpoint_.host_port, shared);
    const auto scope =
        ReducedScope(bearer->Parameter("scope")).value_or(PullScope(repository_.path));
    const bool same = had_token && scope == scope_;
    if (same && token_is_new_) {
      return tl::make_unexpected(
          Denied(response, " to a token that was just given to " + credential_.origin()));
    }
    return BearerFor(shared, scope, same);
  }
  if (const auto basic = of("basic"); basic != challenges.end()) {
    challenges_.Remember(endpoint_.host_port, Challenge{.scheme = "basic", .parameters = {}});
    if (content == nullptr) {
      return tl::make_unexpected(Denied(response, ": it wants a user name and a password"));
    }
    if (content->username.empty()) {
      return tl::make_unexpected(Denied(response, ": it wants a user name and a password, which " +
                                                      credential_.origin() + " has not"));
    }
    const std::string login =
        std::string(content->username.Reveal()) + ":" + std::string(content->password.Reveal());
    return "Basic " + Base64Encode(AsBytes(login));
  }
  return tl::make_unexpected(
      Denied(response, ", without saying how to authenticate in a way that is known here"));
}

}  // namespace plimsoll::oci
