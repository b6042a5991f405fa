// Whatever a registry puts into Location, Link or a realm: what is accepted means one thing only.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/address.h"
#include "http/url.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void Check(const plimsoll::http::Url& url) {
  using plimsoll::http::IpAddress;
  using plimsoll::http::Url;
  const plimsoll::Result<Url> again = Url::Parse(url.Text());
  Require(again.has_value() && again->Text() == url.Text() && again->SameOrigin(url));
  Require(url.path.starts_with('/') && url.port != 0 && !url.host.empty());
  for (const char c : url.Text()) Require(c > 0x20 && c < 0x7f && c != '\\');
  Require(url.Authority().find('@') == std::string::npos);
  // A host of digits and dots is an address in the one notation that everybody reads alike.
  if (url.host.find_first_not_of("0123456789.") == std::string::npos) {
    const plimsoll::Result<IpAddress> address = IpAddress::Parse(url.host);
    Require(address.has_value() && address->Text() == url.host);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using plimsoll::http::Url;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const plimsoll::Result<Url> url = Url::Parse(text);
  if (url) Check(*url);
  static const Url base = *Url::Parse("https://registry.example:5000/v2/app/tags/list?n=1");
  const plimsoll::Result<Url> resolved = base.Resolve(text);
  if (resolved) Check(*resolved);
  (void)plimsoll::http::NormalizeHostPort(text, 443);
  const plimsoll::Result<plimsoll::http::IpAddress> address =
      plimsoll::http::IpAddress::Parse(text);
  if (address) {
    Require(*plimsoll::http::IpAddress::Parse(address->Text()) == *address);
    (void)ClassifyAddress(*address);
  }
  return 0;
}
