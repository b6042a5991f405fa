// A log of the virtual Sigstore behind HTTP: Rekor v1's REST API, or the tiles of Rekor v2, for tests of clients.
//
// It answers from the log's tree as it is now, with proofs made anew for each answer. What it shall do wrong is
// said with `Instead`, or by pointing it at another log (a fork) with `Show`. Every request is recorded by the
// fault server below it. Not thread-safe against changes of the log while it is asked.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/fault_server/fault_server.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::test {

class LogServer {
 public:
  explicit LogServer(TransparencyLog& log, std::uint64_t first_index = 1'000'000);

  std::string url() const { return server_.Url(""); }
  std::string host() const { return server_.host_port(); }
  testing::FaultServer& server() { return server_; }

  // From now on the entry can be read, and is found by these terms (SHA-256, hex).
  void Add(const LoggedEntry& entry, std::vector<std::string> terms);
  // As Rekor indexes a classic signature, and a bundle of an image.
  void Add(const ClassicSignature& signature);
  void Add(const SignedBundle& bundle, const std::string& image_digest);
  // Another log answers under this URL.
  void Show(TransparencyLog& log) { log_ = &log; }
  // Forgets the entry at an index of all shards.
  void Remove(std::int64_t log_index) { entries_.erase(log_index); }
  void Put(std::int64_t log_index, LoggedEntry entry) { entries_[log_index] = std::move(entry); }
  // Checkpoints of this size only, as a mirror that lags, or a replay.
  void ShowSize(std::optional<std::uint64_t> size) { size_ = size; }
  // Asked first; may answer FaultServer::Pass().
  void Instead(testing::FaultServer::Answer answer) { instead_ = std::move(answer); }

 private:
  testing::Reply Answer(const testing::SeenRequest& request);
  testing::Reply AnswerTiles(const testing::SeenRequest& request) const;
  std::string Fresh(LoggedEntry entry) const;
  std::string Info() const;
  std::uint64_t size() const { return size_.value_or(log_->tree().size()); }

  TransparencyLog* log_;
  const std::uint64_t first_index_;
  std::map<std::string, std::vector<std::string>> index_;  // term -> UUIDs
  std::map<std::int64_t, LoggedEntry> entries_;
  std::optional<std::uint64_t> size_;
  testing::FaultServer::Answer instead_;
  testing::FaultServer server_;
};

}  // namespace plimsoll::test
