// The head of a response, as it goes over the wire. Pure.
#pragma once

#include <ctime>
#include <string>

#include "http/server.h"

namespace plimsoll::http {

// RFC 9110 section 6.4.1.
inline bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

// Status line and fields, with the empty line. Fields that are not well-formed are left out.
std::string ResponseHead(const ServerResponse& response, bool close, std::time_t now);

}  // namespace plimsoll::http
