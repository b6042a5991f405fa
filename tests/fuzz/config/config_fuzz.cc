// The strict YAML reader and what reads through it: never a crash, and every refusal says where.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/credential_provider.h"
#include "config/plimsoll_config.h"
#include "config/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = YamlFile::Parse(text, "f");
  if (!file && !file.error().message.starts_with("f:")) std::abort();
  if (file) {
    for (YamlNode node = (*file)->root().first(); !node.missing(); node = node.next()) {
      if (node.Path().empty() || node.line() == 0 || node.column() == 0) std::abort();
    }
  }
  const auto config = PlimsollConfig::Parse(text, "f");
  if (!config && !config.error().message.starts_with("f:")) std::abort();
  static_cast<void>(ParseCredentialProviders(text, "f"));
  return 0;
}
