#include "support/log_server/log_server.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::test {
namespace {

using plimsoll::testing::FaultServer;
using plimsoll::testing::Reply;
using plimsoll::testing::SeenRequest;

std::string TermOf(std::string_view json) {
  const auto document = json::Document::Parse(json);
  if (!document) return "";
  const std::string_view hash = document->root()["hash"].StringOrEmpty();
  return std::string(hash.starts_with("sha256:") ? hash.substr(7) : hash);
}

std::vector<std::string> UuidsOf(std::string_view json) {
  std::vector<std::string> uuids;
  const auto document = json::Document::Parse(json);
  if (!document) return uuids;
  const auto list = document->root()["entryUUIDs"];
  for (auto v = list.first(); !v.missing(); v = v.next()) uuids.emplace_back(v.StringOrEmpty());
  return uuids;
}

std::uint64_t Number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

std::string Hashes(const std::vector<Sha256Digest>& hashes) {
  std::string out;
  for (const Sha256Digest& hash : hashes) out.append(AsText(ByteView(hash)));
  return out;
}

}  // namespace

LogServer::LogServer(TransparencyLog& log, std::uint64_t first_index)
    : log_(&log), first_index_(first_index) {
  server_.OnAny([this](const SeenRequest& request) {
    if (instead_) {
      Reply reply = instead_(request);
      if (!reply.is_pass()) return reply;
    }
    return Answer(request);
  });
}

void LogServer::Add(const LoggedEntry& entry, std::vector<std::string> terms) {
  entries_[entry.log_index] = entry;
  for (const std::string& term : terms) index_[term].push_back(entry.uuid);
}

void LogServer::Add(const ClassicSignature& signature) {
  Add(*signature.entry, {Sha256Hex(AsBytes(signature.payload))});
}

void LogServer::Add(const SignedBundle& bundle, const std::string& image_digest) {
  Add(bundle.entries.front(), {Sha256Hex(AsBytes(bundle.payload)), image_digest.substr(7)});
}

// The entry with a proof for the tree as it is now.
std::string LogServer::Fresh(LoggedEntry entry) const {
  if (static_cast<std::uint64_t>(entry.proof_index) < size()) {
    CheckpointSpec spec;
    spec.tree_size = size();
    entry.tree_size = static_cast<std::int64_t>(size());
    entry.root = ToBytes(log_->tree().Root(size()));
    entry.hashes.clear();
    for (const Sha256Digest& hash :
         log_->tree().InclusionProof(static_cast<std::uint64_t>(entry.proof_index), size())) {
      entry.hashes.push_back(ToBytes(hash));
    }
    entry.checkpoint = log_->Checkpoint(spec);
  }
  return entry.RestJson();
}

std::string LogServer::Info() const {
  CheckpointSpec now;
  now.tree_size = size();
  json::Writer w;
  const auto shard = [&](const std::string& tree, std::uint64_t leaves, const std::string& head) {
    w.Member("rootHash", std::string(64, '0'));
    w.Member("treeID", tree);
    w.Member("treeSize", static_cast<std::int64_t>(leaves));
    w.Member("signedTreeHead", head);
  };
  w.BeginObject();
  w.Key("inactiveShards");
  w.BeginArray();
  if (first_index_ > 0) {
    // An older shard, of which nobody asks more than its size.
    CheckpointSpec old;
    old.origin = log_->host() + " - 1";
    old.tree_size = 0;
    old.size_delta = static_cast<std::int64_t>(first_index_);
    w.BeginObject();
    shard("1", first_index_, log_->Checkpoint(old));
    w.EndObject();
  }
  w.EndArray();
  const std::string origin = log_->Origin();
  shard(origin.substr(origin.rfind(' ') + 1), size(), log_->Checkpoint(now));
  w.EndObject();
  return std::move(w).Take();
}

Reply LogServer::Answer(const SeenRequest& request) {
  if (log_->generation() == TransparencyLog::Generation::kRekorV2) return AnswerTiles(request);
  if (request.path == "/api/v1/log") return Reply::Ok(Info());
  if (request.path == "/api/v1/log/proof") {
    json::Writer w;
    w.BeginObject();
    w.Key("hashes");
    w.BeginArray();
    const std::uint64_t last = Number(request.Parameter("lastSize"));
    if (last > size()) return Reply::Status(400, "{}");
    for (const auto& hash :
         log_->tree().ConsistencyProof(Number(request.Parameter("firstSize")), last))
      w.String(HexEncode(hash));
    w.EndArray();
    w.EndObject();
    return Reply::Ok(std::move(w).Take());
  }
  if (request.path == "/api/v1/index/retrieve") {
    json::Writer w;
    w.BeginArray();
    for (const std::string& uuid : index_[TermOf(request.body)]) w.String(uuid);
    w.EndArray();
    return Reply::Ok(std::move(w).Take());
  }
  if (request.path == "/api/v1/log/entries") {
    const auto found =
        entries_.find(static_cast<std::int64_t>(Number(request.Parameter("logIndex"))));
    if (found == entries_.end()) return Reply::Status(404);
    return Reply::Ok(Fresh(found->second));
  }
  if (request.path == "/api/v1/log/entries/retrieve") {
    std::string body;
    for (const std::string& uuid : UuidsOf(request.body)) {
      for (const auto& [index, entry] : entries_) {
        if (entry.uuid == uuid) body += (body.empty() ? "" : ",") + Fresh(entry);
      }
    }
    return Reply::Ok("[" + body + "]");
  }
  return Reply::Status(404);
}

Reply LogServer::AnswerTiles(const SeenRequest& request) const {
  const std::string prefix = "/api/v2/";
  if (!request.path.starts_with(prefix)) return Reply::Status(404);
  std::string path = request.path.substr(prefix.size());
  if (path == "checkpoint") {
    CheckpointSpec now;
    now.tree_size = size();
    return Reply::Ok(log_->Checkpoint(now), "text/plain");
  }
  const std::string entries = "tile/entries/";
  const bool is_bundle = path.starts_with(entries);
  const auto slash = path.find('/', 5);
  if (slash == std::string::npos) return Reply::Status(404);
  const std::uint64_t level = is_bundle ? 0 : Number(path.substr(5, slash - 5));
  std::string number;
  for (const char c : path.substr(slash + 1, path.find(".p/") - slash - 1)) {
    if (c >= '0' && c <= '9') number += c;
  }
  const std::uint64_t tile = Number(number);
  const std::uint64_t count = size() >> (8 * level);
  if (tile * 256 >= count) return Reply::Status(404);
  const std::uint64_t width = std::min<std::uint64_t>(256, count - tile * 256);
  if (!is_bundle) {
    std::vector<Sha256Digest> hashes;
    for (std::uint64_t i = tile * 256; i < tile * 256 + width; ++i) {
      hashes.push_back(log_->tree().RangeRoot(i << (8 * level), (i + 1) << (8 * level)));
    }
    return Reply::Ok(Hashes(hashes), "application/octet-stream");
  }
  std::string bundle;
  for (std::uint64_t i = tile * 256; i < tile * 256 + width; ++i) {
    const auto found = entries_.find(static_cast<std::int64_t>(i));
    const std::string body = found == entries_.end() ? "?" : found->second.body;
    bundle += static_cast<char>(body.size() >> 8);
    bundle += static_cast<char>(body.size() & 0xff);
    bundle += body;
  }
  return Reply::Ok(bundle, "application/octet-stream");
}

}  // namespace plimsoll::test
