#include "http/resolver.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <netdb.h>
#include <resolv.h>
#include <sys/socket.h>

#include "base/printable.h"
#include "http/reason.h"

namespace plimsoll::http {
namespace {

using Steady = std::chrono::steady_clock;
using Addresses = std::vector<IpAddress>;

// Seconds that a name server gets, and how often it is asked: the system's five seconds, twice for
// each of three servers and each search domain, would hold a thread for minutes.
constexpr int kServerSeconds = 2;
constexpr int kServerTries = 2;

Result<Addresses> AskSystem(const std::string& host, std::size_t max_addresses) {
  if ((_res.options & RES_INIT) == 0) res_init();
  _res.retrans = kServerSeconds;
  _res.retry = kServerTries;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code != 0) {
    return FailRetryable(
        kDnsFailed, "no address for " + Printable(host) + ": " + std::string(gai_strerror(code)));
  }
  Addresses addresses;
  for (const addrinfo* at = list; at != nullptr && addresses.size() < max_addresses;
       at = at->ai_next) {
    const Result<IpAddress> address = IpAddress::FromSockaddr(at->ai_addr, at->ai_addrlen);
    if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  freeaddrinfo(list);
  if (addresses.empty()) {
    return FailRetryable(kDnsFailed, "no address for " + Printable(host));
  }
  return addresses;
}

class SystemResolver final : public Resolver {
 public:
  explicit SystemResolver(ResolverLimits limits) : limits_(limits) {}

  ~SystemResolver() override {
    SystemResolver::Shutdown();
    for (std::thread& thread : threads_) thread.join();
  }

  void Shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      waiting_.clear();
    }
    changed_.notify_all();
  }

  Result<Addresses> Resolve(const std::string& host, Steady::time_point deadline,
                            bool fresh) override {
    std::unique_lock lock(mutex_);
    if (stopping_) return Stopped();
    if (!fresh) {
      const auto cached = cache_.find(host);
      if (cached != cache_.end() && cached->second.until > Steady::now()) {
        return cached->second.addresses;
      }
    }
    std::shared_ptr<Lookup> lookup;
    const auto running = running_.find(host);
    if (running != running_.end()) {
      lookup = running->second;
    } else {
      if (waiting_.size() >= limits_.max_waiting) {
        return FailRetryable(kDnsFailed, "too many look-ups of names are waiting; " +
                                             Printable(host) + " was not asked for");
      }
      lookup = std::make_shared<Lookup>();
      lookup->host = host;
      running_[host] = lookup;
      waiting_.push_back(lookup);
      if (idle_ < waiting_.size() && threads_.size() < limits_.max_threads) {
        threads_.emplace_back([this] { Work(); });
      }
      changed_.notify_all();
    }
    const auto ready = [&] { return stopping_ || lookup->answer.has_value(); };
    if (!changed_.wait_until(lock, deadline, ready)) {
      return FailRetryable(kTimeout, "the name server did not answer for " + Printable(host) +
                                         " in the time of the request");
    }
    if (!lookup->answer) return Stopped();
    return *lookup->answer;
  }

 private:
  static tl::unexpected<Error> Stopped() {
    return FailRetryable(kCancelled, "the client is shutting down");
  }

  struct Lookup {
    std::string host;
    std::optional<Result<Addresses>> answer;
  };
  struct Cached {
    Addresses addresses;
    Steady::time_point until;
  };

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      --idle_;
      if (stopping_) return;
      const std::shared_ptr<Lookup> lookup = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      Result<Addresses> answer = AskSystem(lookup->host, limits_.max_addresses);
      lock.lock();
      if (answer) Remember(lookup->host, *answer);
      lookup->answer = std::move(answer);
      running_.erase(lookup->host);
      changed_.notify_all();
    }
  }

  // The oldest entry makes room.
  void Remember(const std::string& host, const Addresses& addresses) {
    if (cache_.size() >= limits_.max_cached && cache_.find(host) == cache_.end()) {
      cache_.erase(std::min_element(cache_.begin(), cache_.end(), [](const auto& a, const auto& b) {
        return a.second.until < b.second.until;
      }));
    }
    cache_[host] = {addresses, Steady::now() + limits_.cache_for};
  }

  const ResolverLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<std::shared_ptr<Lookup>> waiting_;
  std::map<std::string, std::shared_ptr<Lookup>> running_;  // waiting or being asked
  std::map<std::string, Cached> cache_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Resolver> NewSystemResolver(ResolverLimits limits) {
  return std::make_unique<SystemResolver>(limits);
}

}  // namespace plimsoll::http
