#include "support/raw_client/http_attacks.h"

#include <chrono>
#include <memory>
#include <thread>

#include "support/raw_client/raw_client.h"

namespace plimsoll::testing {
namespace {

using http::RawClient;
using Clients = std::vector<std::unique_ptr<RawClient>>;

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kCrowd = 200;
constexpr char kFrom[] = "127.0.0.2";  // never the address of those who are to be served

class Attacker {
 public:
  explicit Attacker(std::string path)
      : head_("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n") {}

  std::string WithLength(std::size_t length) const {
    return head_ + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
  }
  std::string Chunked() const { return head_ + "Transfer-Encoding: chunked\r\n\r\n"; }
  const std::string& head() const { return head_; }

 private:
  const std::string head_;
};

Clients Crowd(std::uint16_t port, bool tls, std::size_t size, const std::stop_token& stop) {
  Clients crowd;
  while (crowd.size() < size && !stop.stop_requested())
    crowd.push_back(std::make_unique<RawClient>(port, tls, kFrom));
  return crowd;
}

// The same connection's worth of bytes, over and over.
std::function<void(std::uint16_t, const std::stop_token&)> Repeat(
    bool tls, std::function<void(RawClient&)> attack) {
  return [tls, attack = std::move(attack)](std::uint16_t port, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      RawClient client(port, tls, kFrom);
      if (client.connected()) attack(client);
    }
  };
}

// A crowd of which each has sent `first`, and then gets a byte now and then.
std::function<void(std::uint16_t, const std::stop_token&)> Drip(std::string first,
                                                                std::string drop) {
  return [=](std::uint16_t port, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Clients crowd = Crowd(port, true, kCrowd, stop);
      for (const auto& client : crowd) client->Send(first);
      for (bool open = true; open && !stop.stop_requested();) {
        open = false;
        for (const auto& client : crowd)
          open = (!stop.stop_requested() && client->Send(drop)) || open;
        std::this_thread::yield();
      }
    }
  };
}

std::function<void(std::uint16_t, const std::stop_token&)> Hold(bool tls, std::size_t size) {
  return [=](std::uint16_t port, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const auto& client : Crowd(port, tls, size, stop)) {
        if (stop.stop_requested()) break;
        client->Closed();
      }
    }
  };
}

// Several of one kind at the same time, for what only hurts together.
std::function<void(std::uint16_t, const std::stop_token&)> Together(
    int many, std::function<void(std::uint16_t, const std::stop_token&)> one) {
  return [many, one = std::move(one)](std::uint16_t port, const std::stop_token& stop) {
    std::vector<std::thread> threads;
    for (int i = 0; i < many; ++i) threads.emplace_back([&] { one(port, stop); });
    for (std::thread& thread : threads) thread.join();
  };
}

std::function<void(RawClient&)> Once(std::string bytes) {
  return [bytes = std::move(bytes)](RawClient& client) {
    client.Send(bytes);
    client.Status();
  };
}

std::function<void(RawClient&)> FloodAfter(std::string first, std::string pattern,
                                           std::size_t total) {
  return [=](RawClient& client) {
    client.Send(first);
    client.Flood(pattern, total);
    client.Status();
  };
}

std::string Many(const std::string& text, std::size_t bytes) {
  std::string all;
  all.reserve(bytes + text.size());
  while (all.size() < bytes) all += text;
  return all;
}

}  // namespace

std::vector<HttpAttack> HttpAttacks(const std::string& path) {
  const Attacker to(path);
  const auto post = [&](const std::string& body) { return to.WithLength(body.size()) + body; };
  const std::string filler = "X-Filler: 0123456789abcdef0123456789abcdef\r\n";
  return {
      {"slow header", Drip(to.head() + "X: ", "x")},
      {"slow body", Drip(to.WithLength(kMiB), "x")},
      {"idle TLS", Hold(true, kCrowd)},
      {"silent TCP", Hold(false, kCrowd)},
      {"10,000 connections", Hold(false, 10'000)},
      {"truncated TLS",
       Repeat(false, Once(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)))},
      {"garbage TLS", Repeat(false, Once("\x16\x03\x01\xff\xffgarbage garbage garbage"))},
      {"half-closed", Repeat(true,
                             [head = to.WithLength(kMiB)](RawClient& client) {
                               client.Send(head + "{");
                               client.EndSending();
                               client.Status();
                             })},
      {"header bomb", Repeat(true, FloodAfter(to.head(), filler, 4 * kMiB))},
      {"1 GB with a length",
       Repeat(true, FloodAfter(to.WithLength(1'000'000'000), "x", 1'000'000'000))},
      {"1 GB in chunks",
       Together(
           6, Repeat(true, FloodAfter(to.Chunked(), "10\r\n0123456789abcdef\r\n", 1'000'000'000)))},
      {"chunk of -1", Repeat(true, Once(to.Chunked() + "-1\r\nabc"))},
      {"chunk of 2 GB", Repeat(true, FloodAfter(to.Chunked() + "7fffffff\r\n", "x", 4 * kMiB))},
      {"20 MiB said, none sent", Drip(to.WithLength(20 * kMiB), "")},
      {"20 MiB, six at once", Together(6, Repeat(true, Once(post(std::string(20 * kMiB, ' ')))))},
      {"deep JSON", Repeat(true, Once(post(std::string(900'000, '['))))},
      {"many values", Repeat(true, Once(post("[" + Many("0,", 15 * kMiB) + "0]")))},
      {"many names", Repeat(true, Once(post("{\"request\":{" + Many("\"uid\":\"a\",", 900'000) +
                                            "\"uid\":\"b\"}}")))},
      {"invalid UTF-8", Repeat(true, Once(post("{\"request\":{\"uid\":\"" +
                                               Many("\xff\xfe\xc0", 900'000) + "\"}}")))},
  };
}

}  // namespace plimsoll::testing
