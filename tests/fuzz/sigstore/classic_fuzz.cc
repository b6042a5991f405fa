// Classic signatures: payload, signature and the annotations, separated by NUL bytes.
#include <array>

#include "fuzz/sigstore/made_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  std::string_view rest = fuzz::Text(data, size);
  std::array<std::string_view, 6> fields;
  for (std::string_view& field : fields) {
    const auto end = rest.find('\0');
    field = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  fuzz::CheckAnswer(fuzz::MadeVerifier().VerifyClassic(
      {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]}, fuzz::MadeImage()));
  const auto simple = sigstore::ParseSimpleSigning(fields[0]);
  if (!simple) return 0;
  // What is rebuilt from what was read reads the same.
  const auto again = sigstore::ParseSimpleSigning(sigstore::SimpleSigningPayload(
      simple->docker_reference, simple->manifest_digest, simple->optional));
  if (!again || again->docker_reference != simple->docker_reference ||
      again->optional != simple->optional) {
    std::abort();
  }
  return 0;
}
