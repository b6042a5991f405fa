// What a FaultServer does when a request has arrived: a list of steps on the raw connection.
//
// `Reply::Ok("...")` and `Reply::Status(429)` are whole, correct answers; the named faults below them
// are what real servers cannot be made to show. A reply that is not `Closing` and is framed correctly
// leaves the connection open for the next request.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll::testing {

// Opened once by the test; a reply that is `After` it waits until then. Thread-safe.
class Gate {
 public:
  void Open();
  // Until it is open, or `stopping` says true when Wake is called.
  void Wait(const std::function<bool()>& stopping);
  void Wake();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

struct Step {
  enum class Kind {
    kSend,    // `bytes`
    kRepeat,  // `bytes` again and again, `total` bytes in all (or until the peer goes)
    kDrip,    // `bytes` one at a time, `interval` between them
    kHold,    // nothing, until the peer closes or the server stops
    kGate,    // nothing, until `gate` opens
    kClose,   // an orderly end (TLS: with close_notify)
    kReset,   // RST
  };
  Kind kind = Kind::kSend;
  std::string bytes;
  std::uint64_t total = 0;
  std::chrono::milliseconds interval{0};
  std::shared_ptr<Gate> gate;
};

inline constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

class Reply {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // Whole answers, with Content-Length.
  static Reply Status(int status, std::string body = "", Fields fields = {});
  static Reply Ok(std::string body, std::string content_type = "application/json");
  static Reply Html(int status = 200);
  static Reply Redirect(int status, std::string location);
  static Reply Chunked(std::vector<std::string> chunks, Fields fields = {});

  // Faults of the header.
  static Reply Raw(std::string bytes);          // these bytes, then an orderly end
  static Reply EndlessHeader();                 // field after field
  static Reply EndlessHeaderLine();             // one field without end
  static Reply HeaderBytes(std::size_t bytes);  // 200 with that much header, correct
  static Reply SlowHeader(std::chrono::milliseconds interval);
  static Reply NoAnswer();     // reads the request and holds
  static Reply CloseAtOnce();  // reads the request and closes
  static Reply ResetAtOnce();

  // Faults of the body.
  static Reply CutBody(std::size_t declared, std::string sent);  // Content-Length larger than sent
  static Reply CutChunked(std::string first_chunk);              // no last chunk
  // A body of that many bytes.
  static Reply Endless(std::uint64_t total, bool declare_length,
                       std::string_view content_type = "application/json");
  static Reply SlowBody(std::string body, std::chrono::milliseconds interval,
                        std::string_view content_type = "application/json");
  static Reply EndlessChunks(std::string_view content_type = "application/json");
  static Reply ChunkSizeLine(std::string line);  // "-1", "7fffffff", "zz": then data, endless
  static Reply EndlessChunkExtension();
  static Reply GzipBomb(std::uint64_t unpacked_bytes);  // Content-Encoding: gzip, of zeros
  static Reply EndlessTrailer();

  // Changes to any reply made by Status, Ok, Html, Redirect or Chunked; without effect on the others.
  Reply& With(std::string name, std::string value);  // one more field
  Reply& Without(std::string_view name);             // e.g. Content-Length
  Reply& Closing();                                  // Connection: close, then an orderly end
  Reply& ClosedAfter(std::size_t bytes);             // only so many bytes of the answer, then end
  Reply& ResetAfter(std::size_t bytes);
  Reply& After(std::shared_ptr<Gate> gate);              // waits before the first byte
  Reply& DripEvery(std::chrono::milliseconds interval);  // the whole answer byte by byte

  // What the server runs. `head_request`: the body is left out.
  std::vector<Step> Steps(bool head_request) const;
  bool keeps_connection() const { return keep_; }
  // True for a reply that was made by no function of the above: FaultServer::Pass().
  bool is_pass() const { return status_line_.empty() && raw_.empty(); }

 private:
  static Reply FromSteps(std::vector<Step> steps);

  std::string status_line_;
  Fields fields_;
  std::string body_;       // as sent: chunked framing included
  std::vector<Step> raw_;  // instead of the above, when not empty
  bool keep_ = true;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
  bool reset_ = false;
  std::chrono::milliseconds drip_{0};
  std::shared_ptr<Gate> gate_;
};

}  // namespace plimsoll::testing
