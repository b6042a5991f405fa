#include "memory.h"

#include <iterator>

namespace plimsoll::observation {
namespace {

constexpr std::size_t kLargestShare = 256;
// Of a node of a list or map, and of its allocation.
constexpr std::size_t kNode = 64;

std::size_t Heap(const std::string& text) {
  return text.capacity() < sizeof(std::string) / 2 ? 0 : text.capacity() + 1;
}
template <class... Texts>
std::size_t HeapOf(const Texts&... texts) {
  return (Heap(texts) + ... + 0);
}

std::size_t BytesOf(const baseline::Signer& signer) {
  return sizeof signer + HeapOf(signer.identity, signer.canonical_identity, signer.issuer,
                                signer.build_config_uri, signer.source_repository_uri,
                                signer.source_repository_id, signer.source_repository_owner_id,
                                signer.spki_sha256);
}

std::size_t BytesOf(const baseline::ObservedSigner& observed) {
  std::size_t bytes = sizeof observed - sizeof observed.signer + BytesOf(observed.signer) +
                      HeapOf(observed.docker_reference, observed.public_key);
  if (observed.log) {
    bytes += HeapOf(observed.log->origin, observed.log->log_id, observed.log->entry_hash,
                    observed.log->payload_hash);
  }
  for (const auto& [key, value] : observed.annotations)
    bytes += kNode + sizeof key + sizeof value + HeapOf(key, value);
  return bytes;
}

std::size_t BytesOf(const Judged& judged) {
  std::size_t bytes = sizeof judged + HeapOf(judged.reason, judged.message);
  for (const auto& signer : judged.signers) bytes += BytesOf(signer);
  for (const auto& signer : judged.unlogged) bytes += BytesOf(signer);
  for (const auto& made : judged.provenance) {
    bytes += sizeof made - sizeof made.signer + BytesOf(made.signer) +
             HeapOf(made.source_repository_uri, made.builder_id);
  }
  for (const auto& note : judged.notes) bytes += sizeof note + Heap(note.message);
  for (const auto& finding : judged.findings)
    bytes += sizeof finding + HeapOf(finding.digest, finding.message);
  return bytes;
}

std::size_t BytesOf(const oci::ManifestInfo& manifest) {
  std::size_t bytes = sizeof manifest + HeapOf(manifest.digest.text(), manifest.media_type);
  if (manifest.config_digest) bytes += Heap(manifest.config_digest->text());
  for (const auto& child : manifest.children) {
    bytes += sizeof child + HeapOf(child.digest.text(), child.media_type);
    if (child.platform) {
      bytes += HeapOf(child.platform->os, child.platform->architecture, child.platform->variant);
    }
  }
  return bytes;
}

}  // namespace

std::size_t BytesOf(const Remembered& remembered) {
  std::size_t bytes = BytesOf(remembered.manifest) + BytesOf(remembered.judged);
  for (const auto& [name, validator] : remembered.validators.entries) {
    bytes += kNode + sizeof(std::string) + sizeof validator +
             HeapOf(name, validator.etag, validator.digest);
  }
  return bytes;
}

std::optional<Remembered> Memory::Find(const std::string& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().value;
}

void Memory::Put(const std::string& key, Remembered value) {
  if (const auto found = index_.find(key); found != index_.end()) Forget(found->second);
  const std::size_t bytes = 2 * kNode + sizeof(Entry) + Heap(key) + BytesOf(value);
  if (max_entries_ == 0 || bytes > max_bytes_ / kLargestShare) return;
  entries_.push_front({key, std::move(value), bytes});
  index_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  while (entries_.size() > max_entries_ || bytes_ > max_bytes_) Forget(std::prev(entries_.end()));
}

void Memory::Forget(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->key);
  entries_.erase(entry);
}

void Memory::Clear() {
  index_.clear();
  entries_.clear();
  bytes_ = 0;
}

}  // namespace plimsoll::observation
