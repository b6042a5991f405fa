// In-toto statements and the provenance in them.
#include "dsse.h"
#include "fuzz/sigstore/made_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const sigstore::Limits limits;
  const auto statement = sigstore::ParseStatement(fuzz::Text(data, size), limits);
  if (!statement) return 0;
  if (statement->predicate_type.size() > limits.predicate_type_bytes) std::abort();
  if (statement->provenance && statement->provenance->builder_id.empty()) std::abort();
  return 0;
}
