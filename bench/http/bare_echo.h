// The least that a TLS server on Beast can do: reads a request, answers its body, again. No limits, no
// deadlines, no metrics. The reference that our servers are measured against.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace plimsoll::bench {

class BareEcho {
 public:
  BareEcho(const std::string& certificate_pem, const std::string& key_pem, int threads);
  ~BareEcho();
  BareEcho(const BareEcho&) = delete;
  BareEcho& operator=(const BareEcho&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::bench
