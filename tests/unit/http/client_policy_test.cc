// Where a request may go: addresses, redirects, schemes, proxies and certificates.
#include "client_fixture.h"

namespace plimsoll::http {
namespace {

using testing::FaultServer;
using testing::MakeTlsIdentity;
using testing::Reply;
using testing::SeenRequest;
using testing::TlsIdentity;
using testing::WriteTemporaryFile;

class ClientPolicyTest : public ClientTest {
 protected:
  // The fault server under the name of a public registry: only the resolver leads there.
  std::string Named(const std::string& host, std::string_view path) const {
    return server_.Url(path, host);
  }
  std::string Port() const { return ":" + std::to_string(server_.port()); }

  static Reason Code(Client& client, const Request& request, std::string* message = nullptr) {
    const Result<Response> response = client.Send(request);
    if (response) return Reason();
    if (message != nullptr) *message = response.error().message;
    return response.error().code;
  }
  static Request Fetch(const std::string& url) {
    Request request;
    request.url = url;
    request.timeout = std::chrono::seconds(5);
    return request;
  }
};

TEST_F(ClientPolicyTest, LoopbackIsNeverConnectedToUnlessConfigured) {
  server_.On("/x", Reply::Ok("{}"));
  HostSettings settings;
  settings.host = server_.host_port();
  settings.plain_http = true;
  ClientOptions options;
  options.hosts = {settings};
  const auto closed = MakeClient(options);
  Request request = Get("/x");
  request.named_host = server_.host_port();
  std::string message;
  EXPECT_EQ(Code(*closed, request, &message), kAddressRefused);
  EXPECT_NE(message.find("allowAddress"), std::string::npos);
  EXPECT_EQ(server_.Connections(), 0U);
  options.hosts[0].allow_address = Loopback();
  EXPECT_TRUE(MakeClient(options)->Send(request));
}

TEST_F(ClientPolicyTest, AnotherSpellingOfLoopbackIsNoWayAround) {
  ClientOptions options;
  const auto client = MakeClient(options);
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("127.9.9.9"), std::string("[::1]"),
        std::string("[::ffff:127.0.0.1]"), std::string("[64:ff9b::7f00:1]"), std::string("0.0.0.0"),
        std::string("169.254.169.254"), std::string("[fe80::1]"), std::string("[::]"),
        std::string("[fd00:ec2::254]")}) {
    const Reason code = Code(*client, Fetch("https://" + host + Port() + "/"));
    EXPECT_EQ(code, kAddressRefused) << host;
  }
  for (const std::string& host : {std::string("127.1"), std::string("0x7f000001"),
                                  std::string("2130706433"), std::string("0177.0.0.1")}) {
    EXPECT_EQ(Code(*client, Fetch("https://" + host + Port() + "/")), kInvalidArgument) << host;
  }
  EXPECT_EQ(server_.Connections(), 0U);
}

TEST_F(ClientPolicyTest, ANameThatLeadsToAForbiddenAddressIsRefused) {
  const auto resolver = std::make_shared<ScriptedResolver>();
  ClientOptions options;
  options.resolver = resolver;
  const auto client = MakeClient(options);
  for (const char* address : {"127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1",
                              "64:ff9b::a9fe:a9fe", "fe80::1", "0.0.0.0", "224.0.0.1"}) {
    const std::string host = "registry-" + std::to_string(resolver->calls()) + ".example";
    resolver->Say(host, {address});
    Request request = Fetch("https://" + host + Port() + "/");
    request.named_host = host + Port();
    EXPECT_EQ(Code(*client, request), kAddressRefused) << address;
  }
  EXPECT_EQ(server_.Connections(), 0U);
}

TEST_F(ClientPolicyTest, RebindingBetweenTwoRequestsIsSeen) {
  // The first answer is right, the second leads inside. Allowed is only what the first gave.
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.example", {"127.0.0.1"});
  resolver->Say("registry.example", {"127.0.0.2"});
  server_.On("/x", Reply::Ok("{}"));
  ClientOptions options;
  options.resolver = resolver;
  options.hosts = {Open("registry.example" + Port())};
  options.hosts[0].allow_address = {*AddressRange::Parse("127.0.0.1")};
  const auto client = MakeClient(options);
  Request request = Fetch(Named("registry.example", "/x"));
  EXPECT_TRUE(client->Send(request));
  request.fresh_connection = true;
  EXPECT_EQ(Code(*client, request), kAddressRefused);
  EXPECT_EQ(server_.RequestCount(), 1U);
}

TEST_F(ClientPolicyTest, OfSeveralAddressesOnlyTheAllowedAreTried) {
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.example", {"169.254.169.254", "10.0.0.1", "127.0.0.1"});
  server_.On("/x", Reply::Ok("{}"));
  ClientOptions options;
  options.resolver = resolver;
  options.hosts = {Open("registry.example" + Port())};
  const Result<Response> response =
      MakeClient(options)->Send(Fetch(Named("registry.example", "/x")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->remote_address, server_.host_port());
}

TEST_F(ClientPolicyTest, TheApiServerIsNeverConnectedToUnlessConfigured) {
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.example", {"203.0.114.7"});
  resolver->Say("api.example", {"203.0.114.9"});
  resolver->Say("evil.example", {"203.0.114.9"});
  ClientOptions options;
  options.resolver = resolver;
  options.api_server = {"203.0.114.7", "api.example"};
  const auto client = MakeClient(options);
  std::string message;
  EXPECT_EQ(Code(*client, Fetch("https://registry.example/"), &message), kAddressRefused);
  EXPECT_NE(message.find("API server"), std::string::npos);
  EXPECT_EQ(Code(*client, Fetch("https://evil.example/")), kAddressRefused);
  EXPECT_EQ(Code(*client, Fetch("https://203.0.114.7/")), kAddressRefused);
  EXPECT_EQ(Code(*client, Fetch("https://[64:ff9b::203.0.114.7]/")), kAddressRefused);
}

TEST_F(ClientPolicyTest, APrivateAddressIsOnlyForTheHostThatTheImageNames) {
  // No server listens on the private address: a connection that is tried fails in another way.
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.corp", {"10.255.255.1"});
  ClientOptions options;
  options.resolver = resolver;
  const auto client = MakeClient(options);
  Request request = Fetch("https://registry.corp:5000/v2/");
  request.timeout = std::chrono::milliseconds(200);
  EXPECT_EQ(Code(*client, request), kAddressRefused);
  request.named_host = "other.corp:5000";
  EXPECT_EQ(Code(*client, request), kAddressRefused);
  request.named_host = "registry.corp";
  EXPECT_EQ(Code(*client, request), kAddressRefused) << "another port is another host";
  request.named_host = "Registry.corp:5000";
  const Reason code = Code(*client, request);
  EXPECT_TRUE(code == kTimeout || code == kConnectFailed || code == kTlsFailed ||
              code == kTransferCut)
      << code.text();
}

TEST_F(ClientPolicyTest, AKeptConnectionGivesNobodyElseItsRights) {
  // One range is open to one host only; the other host resolves to the same server, whose
  // connection must not be shared, and a request without rights must not ride on one with them.
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.example", {"127.0.0.1"});
  resolver->Say("evil.example", {"127.0.0.1"});
  server_.On("/x", Reply::Ok("{}"));
  ClientOptions options;
  options.resolver = resolver;
  options.hosts = {Open("registry.example" + Port()), Open("evil.example" + Port())};
  options.hosts[1].allow_address.clear();
  const auto client = MakeClient(options);
  EXPECT_TRUE(client->Send(Fetch(Named("registry.example", "/x"))));
  EXPECT_EQ(Code(*client, Fetch(Named("evil.example", "/x"))), kAddressRefused);
  EXPECT_EQ(server_.RequestCount(), 1U);
}

TEST_F(ClientPolicyTest, PlainHttpIsUsedOnlyWhereConfigured) {
  ClientOptions options;
  options.hosts = {Open(server_.host_port())};
  options.hosts[0].plain_http = false;
  std::string message;
  EXPECT_EQ(Code(*MakeClient(options), Get("/x"), &message), kPlainHttpRefused);
  EXPECT_NE(message.find("plainHTTP"), std::string::npos);
  EXPECT_EQ(server_.Connections(), 0U);
}

TEST_F(ClientPolicyTest, ARedirectIsAResponseUnlessFollowingWasAskedFor) {
  server_.On("/x", Reply::Redirect(307, "/y"));
  const Result<Response> response = Default()->Send(Get("/x"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(server_.Count("/y"), 0U);
}

TEST_F(ClientPolicyTest, RedirectsAreFollowedOnTheSameHost) {
  server_.On("/a/b", Reply::Redirect(301, "../c?d=1#fragment"));
  server_.On("/c", Reply::Redirect(307, server_.Url("/end")));
  server_.On("/end", Reply::Ok("here"));
  Request request = Get("/a/b");
  request.max_redirects = 2;
  request.headers = {{"Authorization", "Bearer t"}, {"Accept", "a/b"}};
  const Result<Response> response = Default()->Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "here");
  EXPECT_EQ(response->redirects, 2);
  EXPECT_EQ(response->url.path, "/end");
  const std::vector<SeenRequest> seen = server_.Requests();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[1].target, "/c?d=1");
  EXPECT_EQ(seen[2].Header("Authorization"), "Bearer t");
}

TEST_F(ClientPolicyTest, ALoopOfRedirectsEndsAtItsCount) {
  server_.On("/loop", Reply::Redirect(302, "/loop"));
  Request request = Get("/loop");
  request.max_redirects = 3;
  EXPECT_EQ(CodeOf(request), kRedirectRefused);
  EXPECT_EQ(server_.Count("/loop"), 4U);
}

TEST_F(ClientPolicyTest, ARedirectElsewhereCarriesNoCredential) {
  FaultServer storage;
  storage.On("/blob", Reply::Redirect(307, server_.Url("/back")));
  server_.On("/blob", Reply::Redirect(307, storage.Url("/blob?sig=1")));
  server_.On("/back", Reply::Ok("bytes"));
  ClientOptions options;
  options.hosts = {Open(server_.host_port()), Open(storage.host_port())};
  Request request = Get("/blob");
  request.max_redirects = 3;
  request.headers = {
      {"Authorization", "Bearer secret"}, {"Cookie", "a=b"}, {"X-Api-Key", "secret"},
      {"If-None-Match", "\"x\""},         {"Accept", "a/b"}, {"Cache-Control", "no-cache"}};
  const Result<Response> response = MakeClient(options)->Send(request);
  ASSERT_TRUE(response) << response.error().message;
  ASSERT_EQ(storage.RequestCount(), 1U);
  const SeenRequest elsewhere = storage.Requests()[0];
  for (const char* name : {"Authorization", "Cookie", "X-Api-Key", "If-None-Match", "Referer"}) {
    EXPECT_FALSE(elsewhere.Has(name)) << name;
  }
  EXPECT_EQ(elsewhere.Header("Accept"), "a/b");
  EXPECT_EQ(elsewhere.Header("Cache-Control"), "no-cache");
  // Also not when the other host sends the request back to where the credential belongs.
  EXPECT_EQ(server_.Count("/back"), 1U);
  EXPECT_FALSE(server_.Requests().back().Has("Authorization"));
}

TEST_F(ClientPolicyTest, RedirectsIntoTheInsideAreRefused) {
  for (const char* target :
       {"https://169.254.169.254/latest/meta-data", "https://127.0.0.2/", "https://[::1]/",
        "https://10.0.0.1/", "https://192.168.1.1/", "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/", "https://100.64.0.1/", "https://[64:ff9b::10.0.0.1]/"}) {
    server_.On("/x", Reply::Redirect(307, target));
    Request request = Get("/x");
    request.max_redirects = 1;
    request.named_host = server_.host_port();
    EXPECT_EQ(CodeOf(request), kAddressRefused) << target;
  }
}

TEST_F(ClientPolicyTest, RedirectsToOtherSchemesOrPlacesAreRefused) {
  for (const char* target :
       {"ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http://example.com/",
        "https://user:pass@example.com/", "https://127.1/", "https://exa mple.com/",
        "javascript:alert(1)", "https:///nohost"}) {
    server_.On("/x", Reply::Redirect(302, target));
    Request request = Get("/x");
    request.max_redirects = 1;
    EXPECT_EQ(CodeOf(request), kRedirectRefused) << target << " " << last_message_;
  }
  server_.On("/none", Reply::Status(302));
  server_.On("/two", Reply::Redirect(302, "/a").With("Location", "/b"));
  for (const char* path : {"/none", "/two"}) {
    Request request = Get(path);
    request.max_redirects = 1;
    EXPECT_EQ(CodeOf(request), kRedirectRefused) << path;
  }
}

TEST_F(ClientPolicyTest, ACallerMayNarrowWhereRedirectsLead) {
  FaultServer storage;
  storage.On("/blob", Reply::Ok("bytes"));
  server_.On("/blob", Reply::Redirect(307, storage.Url("/blob")));
  ClientOptions options;
  options.hosts = {Open(server_.host_port()), Open(storage.host_port())};
  const auto client = MakeClient(options);
  Request request = Get("/blob");
  request.max_redirects = 1;
  request.redirect_scope = RedirectScope::kSameOrigin;
  EXPECT_EQ(Code(*client, request), kRedirectRefused);
  request.redirect_scope = RedirectScope::kAnyHost;
  request.redirect_hosts = {"storage.example"};
  EXPECT_EQ(Code(*client, request), kRedirectRefused);
  EXPECT_EQ(storage.Connections(), 0U);
  request.redirect_hosts = {storage.host_port()};
  EXPECT_TRUE(client->Send(request));
}

TEST_F(ClientPolicyTest, APostIsNeverRedirected) {
  server_.On("/token", Reply::Redirect(307, "/elsewhere"));
  Request request = Get("/token");
  request.method = "POST";
  request.body = "password=secret";
  request.max_redirects = 5;
  const Result<Response> response = Default()->Send(request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(server_.Count("/elsewhere"), 0U);
}

// TLS

class ClientTlsTest : public ::testing::Test {
 protected:
  static ClientOptions Trusting(const FaultServer& server, const std::string& ca_pem,
                                const std::string& host = "127.0.0.1") {
    HostSettings settings;
    settings.host = host + ":" + std::to_string(server.port());
    settings.ca_file = WriteTemporaryFile("ca", ca_pem);
    settings.allow_address = Loopback();
    ClientOptions options;
    options.hosts = {settings};
    return options;
  }
  static FaultServer::Options Tls() {
    FaultServer::Options options;
    options.tls = true;
    return options;
  }
  static Result<Response> Send(const ClientOptions& options, const std::string& url) {
    Request request;
    request.url = url;
    request.timeout = std::chrono::seconds(5);
    return MakeClient(options)->Send(request);
  }
};

TEST_F(ClientTlsTest, AHostsOwnAuthorityIsTrustedForIt) {
  FaultServer server(Tls());
  server.On("/x", Reply::Ok("{}"));
  const Result<Response> response = Send(Trusting(server, server.ca_pem()), server.Url("/x"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "{}");
  // Without its file the system's authorities are asked, which do not know it.
  ClientOptions without = Trusting(server, server.ca_pem());
  without.hosts[0].ca_file.clear();
  EXPECT_EQ(Send(without, server.Url("/x")).error().code, kTlsFailed);
}

TEST_F(ClientTlsTest, CertificatesThatDoNotFitAreRefused) {
  testing::TlsIdentityOptions other_authority;
  other_authority.other_authority = true;
  testing::TlsIdentityOptions expired;
  expired.expired = true;
  testing::TlsIdentityOptions other_name;
  other_name.names = {"registry.example"};
  for (const auto& identity : {other_authority, expired, other_name}) {
    FaultServer::Options options = Tls();
    options.identity = MakeTlsIdentity(identity);
    FaultServer server(options);
    server.On("/x", Reply::Ok("{}"));
    const Result<Response> response = Send(Trusting(server, server.ca_pem()), server.Url("/x"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, kTlsFailed) << response.error().message;
    EXPECT_EQ(server.RequestCount(), 0U);
  }
}

TEST_F(ClientTlsTest, OlderProtocolsThanTls12AreRefused) {
  FaultServer::Options options = Tls();
  options.only_tls_1_1 = true;
  FaultServer server(options);
  const Result<Response> response = Send(Trusting(server, server.ca_pem()), server.Url("/x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, kTlsFailed) << response.error().message;
}

TEST_F(ClientTlsTest, GarbageInsteadOfAHandshakeIsATlsFailure) {
  FaultServer server(Tls());
  server.FaultConnections(testing::ConnectionFault::kTlsGarbage);
  const Result<Response> response = Send(Trusting(server, server.ca_pem()), server.Url("/x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, kTlsFailed) << response.error().message;
}

TEST_F(ClientTlsTest, AHandshakeThatNeverStartsEndsAtTheConnectTimeout) {
  FaultServer server(Tls());
  server.FaultConnections(testing::ConnectionFault::kSilent);
  Request request;
  request.url = server.Url("/x");
  request.connect_timeout = std::chrono::milliseconds(300);
  request.timeout = std::chrono::seconds(60);
  const auto began = std::chrono::steady_clock::now();
  const Result<Response> response = MakeClient(Trusting(server, server.ca_pem()))->Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, kTimeout) << response.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST_F(ClientTlsTest, AClientCertificateIsSentWhereConfigured) {
  const TlsIdentity client_identity = MakeTlsIdentity();
  FaultServer::Options options = Tls();
  options.client_ca_pem = client_identity.ca_pem;
  FaultServer server(options);
  server.On("/x", Reply::Ok("{}"));
  ClientOptions without = Trusting(server, server.ca_pem());
  EXPECT_FALSE(Send(without, server.Url("/x")));
  ClientOptions with = without;
  with.hosts[0].client_certificate_file =
      WriteTemporaryFile("client", client_identity.certificate_pem);
  with.hosts[0].client_key_file = WriteTemporaryFile("client-key", client_identity.key_pem);
  const Result<Response> response = Send(with, server.Url("/x"));
  EXPECT_TRUE(response) << response.error().message;
  ClientOptions mismatch = with;
  mismatch.hosts[0].client_key_file = WriteTemporaryFile("other-key", MakeTlsIdentity().key_pem);
  EXPECT_EQ(NewClient(mismatch).error().code, kInvalidArgument);
}

TEST_F(ClientTlsTest, HttpsIsNeverLeftForHttp) {
  FaultServer plain;
  plain.On("/x", Reply::Ok("{}"));
  FaultServer server(Tls());
  server.On("/x", Reply::Redirect(307, plain.Url("/x")));
  ClientOptions options = Trusting(server, server.ca_pem());
  options.hosts.push_back(Open(plain.host_port()));
  Request request;
  request.url = server.Url("/x");
  request.max_redirects = 3;
  const Result<Response> response = MakeClient(options)->Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, kRedirectRefused);
  EXPECT_EQ(plain.Connections(), 0U);
}

TEST_F(ClientTlsTest, ANameIsVerifiedNotTheAddressItResolvesTo) {
  FaultServer::Options server_options = Tls();
  testing::TlsIdentityOptions identity;
  identity.names = {"registry.example"};
  server_options.identity = MakeTlsIdentity(identity);
  FaultServer server(server_options);
  server.On("/x", Reply::Ok("{}"));
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.example", {"127.0.0.1"});
  ClientOptions options = Trusting(server, server.ca_pem(), "registry.example");
  options.resolver = resolver;
  const Result<Response> response = Send(options, server.Url("/x", "registry.example"));
  ASSERT_TRUE(response) << response.error().message;
}

TEST_F(ClientTlsTest, AnIpv6LiteralIsReached) {
  FaultServer::Options server_options = Tls();
  server_options.ipv6 = true;
  FaultServer server(server_options);
  server.On("/x", Reply::Ok("{}"));
  ClientOptions options = Trusting(server, server.ca_pem(), "[::1]");
  const Result<Response> response = Send(options, server.Url("/x"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->remote_address, server.host_port());
}

// Proxies: the fault server plays one for plain HTTP (it gets the absolute target).

class ClientProxyTest : public ClientPolicyTest {};

TEST_F(ClientProxyTest, PlainRequestsGoThroughTheProxy) {
  server_.On("/x", Reply::Ok("by proxy"));
  ClientOptions options;
  options.proxy.http_proxy = "http://" + server_.host_port();
  options.hosts = {Open("registry.example:80")};
  options.hosts[0].allow_address.clear();
  const Result<Response> response = MakeClient(options)->Send(Fetch("http://registry.example/x"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "by proxy");
  EXPECT_TRUE(response->via_proxy);
  EXPECT_EQ(server_.Requests().at(0).target, "http://registry.example/x");
  EXPECT_EQ(server_.Requests().at(0).Header("Host"), "registry.example");
}

TEST_F(ClientProxyTest, HttpsGoesThroughATunnel) {
  server_.OnAny([](const SeenRequest&) { return Reply::Status(403, "no tunnels"); });
  ClientOptions options;
  options.proxy.https_proxy = "http://" + server_.host_port();
  const Reason code = Code(*MakeClient(options), Fetch("https://registry.example/x"));
  EXPECT_FALSE(code.empty());
  ASSERT_EQ(server_.RequestCount(), 1U);
  EXPECT_EQ(server_.Requests()[0].method, "CONNECT");
  EXPECT_EQ(server_.Requests()[0].target, "registry.example:443");
}

TEST_F(ClientProxyTest, WhatIsKnownOfTheTargetIsStillJudged) {
  ClientOptions options;
  options.proxy.https_proxy = "http://" + server_.host_port();
  options.api_server = {"203.0.114.7", "api.example"};
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("api.example", {"203.0.114.9"});
  options.resolver = resolver;
  const auto client = MakeClient(options);
  for (const char* url : {"https://169.254.169.254/", "https://10.0.0.1/", "https://203.0.114.7/",
                          "https://api.example/", "https://x.localhost/"}) {
    EXPECT_EQ(Code(*client, Fetch(url)), kAddressRefused) << url;
  }
  EXPECT_EQ(server_.Connections(), 0U);
}

TEST_F(ClientProxyTest, HostsOfNoProxyAreReachedDirectly) {
  FaultServer proxy;
  server_.On("/x", Reply::Ok("direct"));
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->Say("registry.corp.example", {"127.0.0.1"});
  ClientOptions options;
  options.resolver = resolver;
  options.proxy.http_proxy = "http://" + proxy.host_port();
  options.proxy.no_proxy = "other.example, .corp.example";
  options.hosts = {Open("registry.corp.example" + Port())};
  const Result<Response> response =
      MakeClient(options)->Send(Fetch(Named("registry.corp.example", "/x")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "direct");
  EXPECT_EQ(proxy.Connections(), 0U);
}

}  // namespace
}  // namespace plimsoll::http
