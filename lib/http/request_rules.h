// What a request must be like to be read at all. Knows Beast's parser, and nothing of sockets.
#pragma once

#include <algorithm>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "body_pool.h"
#include "http/server.h"

namespace plimsoll::http {

// A body that asks the pool before it grows.
struct PooledBody {
  struct value_type {       // NOLINT: Beast's name
    BodyPool::Share share;  // outlives the text
    std::string text;
  };
  class reader {  // NOLINT: Beast's name
   public:
    template <bool IsRequest, class Fields>
    reader(boost::beast::http::header<IsRequest, Fields>& /*header*/, value_type& body)
        : body_(body) {}
    void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error);
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      std::size_t total = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        const char* data = static_cast<const char*>(buffer.data());
        const std::size_t size = body_.text.size() + buffer.size();
        const std::size_t room = body_.share.Grow(size);
        if (room < size) {
          error = boost::beast::http::error::buffer_overflow;
          return total;
        }
        // To what was granted and no further: a string that grows by itself takes twice of it.
        if (size > body_.text.capacity()) body_.text.reserve(std::max(room, kLeastRoom));
        body_.text.append(data, buffer.size());
        total += buffer.size();
      }
      error = {};
      return total;
    }
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    static constexpr std::size_t kLeastRoom = 4 * 1024;
    value_type& body_;
  };
};

using RequestParser = boost::beast::http::request_parser<PooledBody>;

// The status to refuse a request with, and why; 0: go on, or, for an error, the peer is gone.
struct Refusal {
  int status = 0;
  const char* reason = "";  // the metric's label
  const char* text = "";
};

inline std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// The limits that hold before the path is known. The parser must not outlive the pool.
void PrepareParser(RequestParser& parser, const ServerOptions& options, BodyPool& pool);
// Judges a complete header, sets the body's limit and takes its place.
Refusal JudgeRequest(RequestParser& parser, const ServerOptions& options);
Refusal RefusalOf(boost::beast::error_code error, bool in_body);

}  // namespace plimsoll::http
