// What the client's tests share: a client that may talk to the fault server on loopback, with short
// times, and a resolver whose answers the test writes.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/client.h"
#include "support/fault_server/fault_server.h"

namespace plimsoll::http {

// Answers what it was told, in turn; the last answer repeats.
class ScriptedResolver final : public Resolver {
 public:
  void Say(const std::string& host, std::vector<std::string> addresses) {
    std::vector<IpAddress> parsed;
    for (const std::string& text : addresses) parsed.push_back(*IpAddress::Parse(text));
    const std::lock_guard lock(mutex_);
    answers_[host].push_back(std::move(parsed));
  }
  Result<std::vector<IpAddress>> Resolve(const std::string& host,
                                         std::chrono::steady_clock::time_point /*deadline*/,
                                         bool fresh) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (fresh) ++fresh_calls_;
    auto& list = answers_[host];
    if (list.empty()) return FailRetryable(kDnsFailed, "no address for " + host);
    std::vector<IpAddress> answer = list.front();
    if (list.size() > 1) list.erase(list.begin());
    return answer;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  int fresh_calls() const {
    const std::lock_guard lock(mutex_);
    return fresh_calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::vector<IpAddress>>> answers_;
  int calls_ = 0;
  int fresh_calls_ = 0;
};

inline std::vector<AddressRange> Loopback() {
  return {*AddressRange::Parse("127.0.0.0/8"), *AddressRange::Parse("::1")};
}

// Opens one host of the fault server for a client.
inline HostSettings Open(const std::string& host_port) {
  HostSettings settings;
  settings.host = host_port;
  settings.plain_http = true;
  settings.allow_address = Loopback();
  return settings;
}

inline std::unique_ptr<Client> MakeClient(ClientOptions options) {
  Result<std::unique_ptr<Client>> client = NewClient(std::move(options));
  if (!client) {
    ADD_FAILURE() << client.error().message;
    std::abort();
  }
  return std::move(*client);
}

// The largest resident size of this process so far, in KiB (VmHWM).
inline long PeakKib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmHWM:") {
      long value = 0;
      status >> value;
      return value;
    }
  }
  return 0;
}

// The sanitizers keep what was freed for a while, and shadow it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr long kMemoryFactor = 8;
#else
inline constexpr long kMemoryFactor = 1;
#endif

// Makes VmHWM begin anew from what is resident now.
inline void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

class ClientTest : public ::testing::Test {
 protected:
  // A client that may reach `server_` as 127.0.0.1 and nothing else on loopback.
  std::unique_ptr<Client> Default() {
    ClientOptions options;
    options.hosts.push_back(Open(server_.host_port()));
    return MakeClient(std::move(options));
  }

  Request Get(std::string_view path) const {
    Request request;
    request.url = server_.Url(path);
    request.timeout = std::chrono::seconds(10);
    return request;
  }

  Reason CodeOf(const Request& request) {
    const std::unique_ptr<Client> client = Default();
    const Result<Response> response = client->Send(request);
    if (response) {
      ADD_FAILURE() << "status " << response->status << ", body of " << response->body.size();
      return Reason();
    }
    last_message_ = response.error().message;
    return response.error().code;
  }

  testing::FaultServer server_;
  std::string last_message_;
};

}  // namespace plimsoll::http
