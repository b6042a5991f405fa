#include "proxy.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace plimsoll::http {
namespace {

ProxySettings Settings(std::string no_proxy) {
  return {"http://secure.example:3128", "plain.example:3128", std::move(no_proxy)};
}

std::string For(const ProxySettings& settings, const std::string& url) {
  return ProxyFor(settings, *Url::Parse(url));
}

TEST(ProxyTest, TheSchemeChoosesTheProxy) {
  EXPECT_EQ(For(Settings(""), "https://registry.example/"), "http://secure.example:3128");
  EXPECT_EQ(For(Settings(""), "http://registry.example/"), "http://plain.example:3128");
  EXPECT_EQ(For({}, "https://registry.example/"), "");
}

TEST(ProxyTest, NoProxyNamesHostsDomainsAddressesAndPorts) {
  const std::string through = "http://secure.example:3128";
  const struct {
    const char* no_proxy;
    const char* url;
    bool direct;
  } rows[] = {
      {"example.com", "https://example.com/", true},
      {"example.com", "https://registry.example.com/", true},
      {"example.com", "https://badexample.com/", false},
      {".example.com", "https://registry.example.com/", true},
      {".example.com", "https://example.com/", false},
      {"*.example.com", "https://registry.example.com/", true},
      {"EXAMPLE.com", "https://example.com/", true},
      {"example.com:5000", "https://example.com:5000/", true},
      {"example.com:5000", "https://example.com/", false},
      {"10.0.0.0/8", "https://10.1.2.3/", true},
      {"10.0.0.0/8", "https://11.1.2.3/", false},
      {"fd00::/8", "https://[fd12::1]/", true},
      {"[fd12::1]:443", "https://[fd12::1]/", true},
      {"[fd12::1]:444", "https://[fd12::1]/", false},
      {"*", "https://anything.example/", true},
      {"a.example, b.example", "https://b.example/", true},
      {" , ,", "https://b.example/", false},
      {"", "https://localhost:5000/", true},
      {"", "https://127.0.0.1:5000/", true},
      {"", "https://[::1]:5000/", true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(For(Settings(row.no_proxy), row.url), row.direct ? "" : through)
        << row.no_proxy << " " << row.url;
  }
}

TEST(ProxyTest, TheEnvironmentIsReadAsOthersReadIt) {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy",
                           "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
    unsetenv(name);
  }
  setenv("HTTPS_PROXY", "http://a:1", 1);
  setenv("HTTP_PROXY", "http://from-a-request-header:1", 1);
  setenv("ALL_PROXY", "http://all:1", 1);
  setenv("NO_PROXY", "x", 1);
  const ProxySettings settings = ProxyFromEnvironment();
  EXPECT_EQ(settings.https_proxy, "http://a:1");
  EXPECT_EQ(settings.http_proxy, "http://all:1");
  EXPECT_EQ(settings.no_proxy, "x");
  setenv("https_proxy", "http://b:1", 1);
  EXPECT_EQ(ProxyFromEnvironment().https_proxy, "http://b:1");
}

}  // namespace
}  // namespace plimsoll::http
