// What whoever can reach a port may do to an HTTPS server, again and again until told to stop.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace plimsoll::testing {

struct HttpAttack {
  std::string name;
  // Runs on the caller's thread until `stop`, against that port of 127.0.0.1.
  std::function<void(std::uint16_t port, const std::stop_token& stop)> run;
};

// Bodies go to `path`. Some hold thousands of sockets: the limit of open files has to allow them, and SIGPIPE to be ignored.
std::vector<HttpAttack> HttpAttacks(const std::string& path);

}  // namespace plimsoll::testing
