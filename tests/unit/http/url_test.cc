#include "http/url.h"

#include <gtest/gtest.h>

namespace plimsoll::http {
namespace {

TEST(UrlTest, PartsAreTakenApartAndPutTogether) {
  const Result<Url> url = Url::Parse("HTTPS://Registry.Example:5000/v2/a?b=c#d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->https);
  EXPECT_EQ(url->host, "registry.example");
  EXPECT_EQ(url->port, 5000);
  EXPECT_EQ(url->Target(), "/v2/a?b=c");
  EXPECT_EQ(url->Authority(), "registry.example:5000");
  EXPECT_EQ(url->Text(), "https://registry.example:5000/v2/a?b=c");
  EXPECT_EQ(url->ForPeople(), "https://registry.example:5000/v2/a?...");
  EXPECT_EQ(Url::Parse("http://a")->Text(), "http://a/");
  EXPECT_EQ(Url::Parse("http://a:80?x")->Text(), "http://a/?x");
  EXPECT_EQ(Url::Parse("https://a:443/")->Authority(), "a");
  EXPECT_EQ(Url::Parse("https://a/")->HostPort(), "a:443");
  EXPECT_EQ(Url::Parse("https://[2001:DB8::0:1]:5000/")->Authority(), "[2001:db8::1]:5000");
  EXPECT_EQ(Url::Parse("https://a:/")->port, 443);
}

TEST(UrlTest, WhatCouldMeanTwoThingsIsRefused) {
  for (const char* text : {"",
                           "registry.example",
                           "//registry.example/",
                           "ftp://a/",
                           "https:/a",
                           "https://",
                           "https:///a",
                           "https://user@a/",
                           "https://a:b@c/",
                           "https://a b/",
                           "https://a\\b/",
                           "https://a/\x01",
                           "https://a/\n",
                           "https://\xc3\xa4/",
                           "https://a:0/",
                           "https://a:65536/",
                           "https://a:x/",
                           "https://a:1:2/",
                           "https://[::1/",
                           "https://[::1]x/",
                           "https://[1.2.3.4]/",
                           "https://[fe80::1%25eth0]/",
                           "https://1.2.3/",
                           "https://127.1/",
                           "https://0x7f.1/",
                           "https://0x7f000001/",
                           "https://2130706433/",
                           "https://0177.0.0.1/",
                           "https://1.2.3.256/",
                           "https://a..b/",
                           "https://-a/",
                           "https://a-/",
                           "https://a/{b}",
                           "https://.a/",
                           "https://127.0.0.1.:80x/",
                           "javascript:alert(1)"}) {
    EXPECT_FALSE(Url::Parse(text)) << text;
  }
  EXPECT_FALSE(Url::Parse("https://a/" + std::string(kMaxUrlBytes, 'x')));
  EXPECT_FALSE(Url::Parse("https://" + std::string(64, 'a') + "/"));
  EXPECT_FALSE(Url::Parse(std::string("https://a/\0b", 12)));
}

TEST(UrlTest, UserInformationIsNotRepeatedInTheMessage) {
  EXPECT_EQ(Url::Parse("https://user:hunter2@a/").error().message.find("hunter2"),
            std::string::npos);
}

TEST(UrlTest, ReferencesAreResolvedAsRfc3986Says) {
  const Url base = *Url::Parse("http://a/b/c/d;p?q");
  const struct {
    const char* reference;
    const char* target;
  } rows[] = {
      // Section 5.4.1
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      // Section 5.4.2
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"https://h/x", "https://h/x"},
  };
  for (const auto& row : rows) {
    const Result<Url> url = base.Resolve(row.reference);
    ASSERT_TRUE(url) << row.reference;
    EXPECT_EQ(url->Text(), row.target) << row.reference;
  }
  for (const char* reference : {"g:h", "mailto:a@b", "data:,x", "//", "///x", "\\\\evil/", "a b"}) {
    EXPECT_FALSE(base.Resolve(reference)) << reference;
  }
}

TEST(UrlTest, HostsCompareWithTheirPorts) {
  EXPECT_EQ(*NormalizeHostPort("Registry.Example", 443), "registry.example:443");
  EXPECT_EQ(*NormalizeHostPort("[::1]", 80), "[::1]:80");
  EXPECT_EQ(*NormalizeHostPort("a:5000", 443), "a:5000");
  EXPECT_FALSE(NormalizeHostPort("a/b", 443));
  EXPECT_FALSE(NormalizeHostPort("u@a", 443));
  EXPECT_FALSE(NormalizeHostPort("", 443));
  EXPECT_TRUE(Url::Parse("https://a/x")->SameOrigin(*Url::Parse("https://A:443/y")));
  EXPECT_FALSE(Url::Parse("https://a/")->SameOrigin(*Url::Parse("https://a:444/")));
  EXPECT_FALSE(Url::Parse("https://a:80/")->SameOrigin(*Url::Parse("http://a/")));
}

TEST(UrlTest, QueryValuesAreEscaped) {
  EXPECT_EQ(PercentEncode("a b&c=d/\xc3\xa4~._-"), "a%20b%26c%3Dd%2F%C3%A4~._-");
}

}  // namespace
}  // namespace plimsoll::http
