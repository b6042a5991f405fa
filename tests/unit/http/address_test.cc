#include "http/address.h"

#include <gtest/gtest.h>

#include "http/reason.h"

namespace plimsoll::http {
namespace {

AddressClass ClassOf(const char* text) {
  const Result<IpAddress> address = IpAddress::Parse(text);
  EXPECT_TRUE(address) << text;
  return address ? ClassifyAddress(*address) : AddressClass::kForbidden;
}

TEST(AddressTest, EveryRangeHasItsClass) {
  const struct {
    const char* address;
    AddressClass expected;
  } rows[] = {
      {"0.0.0.0", AddressClass::kForbidden},
      {"0.1.2.3", AddressClass::kForbidden},
      {"9.255.255.255", AddressClass::kPublic},
      {"10.0.0.0", AddressClass::kPrivate},
      {"10.255.255.255", AddressClass::kPrivate},
      {"11.0.0.0", AddressClass::kPublic},
      {"100.63.255.255", AddressClass::kPublic},
      {"100.64.0.0", AddressClass::kPrivate},
      {"100.127.255.255", AddressClass::kPrivate},
      {"100.128.0.0", AddressClass::kPublic},
      {"100.100.100.200", AddressClass::kForbidden},
      {"126.255.255.255", AddressClass::kPublic},
      {"127.0.0.1", AddressClass::kForbidden},
      {"127.255.255.255", AddressClass::kForbidden},
      {"168.63.129.16", AddressClass::kForbidden},
      {"169.254.169.254", AddressClass::kForbidden},
      {"169.253.0.1", AddressClass::kPublic},
      {"172.15.255.255", AddressClass::kPublic},
      {"172.16.0.0", AddressClass::kPrivate},
      {"172.31.255.255", AddressClass::kPrivate},
      {"172.32.0.0", AddressClass::kPublic},
      {"192.0.0.192", AddressClass::kForbidden},
      {"192.168.0.1", AddressClass::kPrivate},
      {"192.169.0.1", AddressClass::kPublic},
      {"198.18.0.1", AddressClass::kPrivate},
      {"198.20.0.1", AddressClass::kPublic},
      {"223.255.255.255", AddressClass::kPublic},
      {"224.0.0.1", AddressClass::kForbidden},
      {"240.0.0.1", AddressClass::kForbidden},
      {"255.255.255.255", AddressClass::kForbidden},
      {"::", AddressClass::kForbidden},
      {"::1", AddressClass::kForbidden},
      {"2606:4700::1", AddressClass::kPublic},
      {"fc00::1", AddressClass::kPrivate},
      {"fdff::1", AddressClass::kPrivate},
      {"fd00:ec2::254", AddressClass::kForbidden},
      {"fd20:ce::254", AddressClass::kForbidden},
      {"fe80::1", AddressClass::kForbidden},
      {"febf::1", AddressClass::kForbidden},
      {"fec0::1", AddressClass::kPrivate},
      {"ff02::1", AddressClass::kForbidden},
      {"100::1", AddressClass::kForbidden},
      {"2001:db8::1", AddressClass::kForbidden},
  };
  for (const auto& row : rows) EXPECT_EQ(ClassOf(row.address), row.expected) << row.address;
}

TEST(AddressTest, AnIpv4AddressInsideAnIpv6OneIsJudgedToo) {
  for (const char* form : {"::ffff:", "::ffff:0:", "64:ff9b::", "::"}) {
    EXPECT_EQ(ClassOf((std::string(form) + "127.0.0.1").c_str()), AddressClass::kForbidden) << form;
    EXPECT_EQ(ClassOf((std::string(form) + "169.254.169.254").c_str()), AddressClass::kForbidden);
    EXPECT_EQ(ClassOf((std::string(form) + "10.1.2.3").c_str()), AddressClass::kPrivate) << form;
    EXPECT_EQ(ClassOf((std::string(form) + "9.9.9.9").c_str()), AddressClass::kPublic) << form;
  }
  EXPECT_EQ(ClassOf("2002:7f00:1::"), AddressClass::kForbidden) << "6to4";
  EXPECT_EQ(ClassOf("2002:a00:1::"), AddressClass::kPrivate) << "6to4";
  EXPECT_EQ(ClassOf("2001:0:909:909:0:0:80ff:fffe"), AddressClass::kForbidden) << "Teredo";
  EXPECT_EQ(ClassOf("2606:4700::5efe:7f00:1"), AddressClass::kForbidden) << "ISATAP";
  EXPECT_EQ(ClassOf("64:ff9b:1:7f00:0:100::"), AddressClass::kForbidden) << "RFC 8215, /48";
  EXPECT_EQ(ClassOf("64:ff9b:1::9.9.9.9"), AddressClass::kForbidden)
      << "one of its readings is 0.0.0.0/8";
}

TEST(AddressTest, OnlyOneNotationIsRead) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "0x7f.0.0.1", "2130706433",
                           "1.2.3.4 ", "::1%eth0", "[::1", "[1.2.3.4]", "::1::", "localhost"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_EQ(IpAddress::Parse("[2001:DB8:0::1]")->Text(), "2001:db8::1");
}

TEST(AddressTest, RangesContainWhatTheySay) {
  const AddressRange ten = *AddressRange::Parse("10.0.0.0/8");
  EXPECT_TRUE(ten.Contains(*IpAddress::Parse("10.255.0.1")));
  EXPECT_TRUE(ten.Contains(*IpAddress::Parse("::ffff:10.0.0.1")));
  EXPECT_FALSE(ten.Contains(*IpAddress::Parse("11.0.0.1")));
  EXPECT_FALSE(ten.Contains(*IpAddress::Parse("a00::1")));
  EXPECT_TRUE(AddressRange::Parse("192.0.2.128/25")->Contains(*IpAddress::Parse("192.0.2.129")));
  EXPECT_FALSE(AddressRange::Parse("192.0.2.128/25")->Contains(*IpAddress::Parse("192.0.2.127")));
  EXPECT_TRUE(AddressRange::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("1.2.3.4")));
  EXPECT_FALSE(AddressRange::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("2606::1")));
  EXPECT_TRUE(AddressRange::Parse("fd00::/8")->Contains(*IpAddress::Parse("fd12::1")));
  EXPECT_TRUE(AddressRange::Parse("::1")->Contains(*IpAddress::Parse("::1")));
  for (const char* text :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "::/129"}) {
    EXPECT_FALSE(AddressRange::Parse(text)) << text;
  }
}

TEST(AddressTest, ThePolicySaysWhatToConfigure) {
  const Status refused =
      CheckAddress({}, *IpAddress::Parse("10.0.0.1"), {}, false, "token.example");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, kAddressRefused);
  EXPECT_NE(refused.error().message.find("token.example"), std::string::npos);
  EXPECT_NE(refused.error().message.find("allowAddress"), std::string::npos);
  EXPECT_TRUE(CheckAddress({}, *IpAddress::Parse("10.0.0.1"), {}, true, "a"));
  EXPECT_FALSE(CheckAddress({}, *IpAddress::Parse("127.0.0.1"), {}, true, "a"));
  EXPECT_TRUE(CheckAddress({}, *IpAddress::Parse("127.0.0.1"),
                           {*AddressRange::Parse("127.0.0.0/8")}, false, "a"));
}

TEST(AddressTest, TheApiServersAddressIsRefusedInEveryForm) {
  AddressPolicy policy;
  policy.api_server = {*IpAddress::Parse("9.9.9.9")};
  for (const char* text : {"9.9.9.9", "::ffff:9.9.9.9", "64:ff9b::9.9.9.9", "2002:909:909::1"}) {
    EXPECT_FALSE(CheckAddress(policy, *IpAddress::Parse(text), {}, true, "a")) << text;
  }
  EXPECT_TRUE(CheckAddress(policy, *IpAddress::Parse("9.9.9.8"), {}, false, "a"));
}

}  // namespace
}  // namespace plimsoll::http
