#include "support/fault_server/reply.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace plimsoll::testing {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

std::string StatusLine(int status) {
  static constexpr std::pair<int, const char*> kPhrases[] = {{200, "OK"},
                                                             {206, "Partial Content"},
                                                             {301, "Moved Permanently"},
                                                             {302, "Found"},
                                                             {304, "Not Modified"},
                                                             {307, "Temporary Redirect"},
                                                             {400, "Bad Request"},
                                                             {401, "Unauthorized"},
                                                             {403, "Forbidden"},
                                                             {404, "Not Found"},
                                                             {405, "Method Not Allowed"},
                                                             {429, "Too Many Requests"},
                                                             {500, "Internal Server Error"},
                                                             {503, "Service Unavailable"}};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return "HTTP/1.1 " + std::to_string(status) + " " + phrase + "\r\n";
  }
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string Hex(std::size_t number) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%zx", number);
  return text.data();
}

std::string Repeated(std::string_view pattern, std::size_t at_least) {
  std::string text;
  while (text.size() < at_least) text += pattern;
  return text;
}

Step Send(std::string bytes) {
  Step step;
  step.bytes = std::move(bytes);
  return step;
}

Step Repeat(std::string_view pattern, std::uint64_t total) {
  Step step;
  step.kind = Step::Kind::kRepeat;
  step.bytes = Repeated(pattern, kBlock);
  step.total = total;
  return step;
}

Step Of(Step::Kind kind) {
  Step step;
  step.kind = kind;
  return step;
}

Step Drip(std::string bytes, std::chrono::milliseconds interval) {
  Step step;
  step.kind = Step::Kind::kDrip;
  step.bytes = std::move(bytes);
  step.interval = interval;
  return step;
}

std::string Head(std::string_view content_type) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(content_type) + "\r\n";
}
const std::string kJsonHead = Head("application/json");

class BitWriter {
 public:
  void Bits(unsigned value, int count) {
    for (int i = 0; i < count; ++i) {
      current_ |= static_cast<unsigned>((value >> i) & 1U) << used_;
      if (++used_ == 8) Flush();
    }
  }
  void Flush() {
    if (used_ == 0) return;
    out_ += static_cast<char>(current_);
    current_ = 0;
    used_ = 0;
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
  unsigned current_ = 0;
  int used_ = 0;
};

// A gzip member of zeros, one fixed-Huffman block (RFC 1951): a literal 0, then matches of 258 bytes
// at distance 1. Its trailer is wrong: nobody who honours the limits gets that far.
std::string GzipOfZeros(std::uint64_t unpacked) {
  BitWriter bits;
  bits.Bits(1, 1);     // the last block
  bits.Bits(1, 2);     // fixed Huffman codes
  bits.Bits(0x0c, 8);  // literal 0: 00110000, most significant bit first
  for (std::uint64_t done = 1; done < unpacked; done += 258) {
    bits.Bits(0xa3, 8);  // length code 285 (258 bytes): 11000101, most significant bit first
    bits.Bits(0, 5);     // distance 1
  }
  bits.Bits(0, 7);  // end of block
  bits.Flush();
  return std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10) + bits.Take() +
         std::string(8, '\0');
}

}  // namespace

Reply Reply::Status(int status, std::string body, Fields fields) {
  Reply reply;
  reply.status_line_ = StatusLine(status);
  reply.fields_ = std::move(fields);
  if (status != 304 && status != 204) {
    reply.fields_.emplace_back("Content-Length", std::to_string(body.size()));
  }
  reply.body_ = std::move(body);
  return reply;
}

Reply Reply::Ok(std::string body, std::string content_type) {
  return Status(200, std::move(body), {{"Content-Type", std::move(content_type)}});
}

Reply Reply::Html(int status) {
  return Status(status, "<!doctype html><title>Sign in</title><p>Please sign in.",
                {{"Content-Type", "text/html; charset=utf-8"}});
}

Reply Reply::Redirect(int status, std::string location) {
  return Status(status, "", {{"Location", std::move(location)}});
}

Reply Reply::Chunked(std::vector<std::string> chunks, Fields fields) {
  Reply reply;
  reply.status_line_ = StatusLine(200);
  reply.fields_ = std::move(fields);
  reply.fields_.emplace_back("Transfer-Encoding", "chunked");
  for (const std::string& chunk : chunks) {
    reply.body_ += Hex(chunk.size()) + "\r\n" + chunk + "\r\n";
  }
  reply.body_ += "0\r\n\r\n";
  return reply;
}

Reply Reply::FromSteps(std::vector<Step> steps) {
  Reply reply;
  reply.raw_ = std::move(steps);
  reply.keep_ = false;
  return reply;
}

Reply Reply::Raw(std::string bytes) {
  return FromSteps({Send(std::move(bytes)), Of(Step::Kind::kClose)});
}

Reply Reply::EndlessHeader() {
  return FromSteps(
      {Send(kJsonHead), Repeat("X-Filler: 0123456789abcdef0123456789abcdef\r\n", kEndless)});
}

Reply Reply::EndlessHeaderLine() {
  return FromSteps({Send(kJsonHead + "X-Filler: "), Repeat("0123456789abcdef", kEndless)});
}

Reply Reply::HeaderBytes(std::size_t bytes) {
  constexpr std::size_t kPerField = 1000;
  Reply reply = Ok("{}");
  for (std::size_t done = 0, i = 0; done < bytes; done += kPerField, ++i) {
    const std::string name = "X-Filler-" + std::to_string(i);
    const std::size_t wanted = std::min(kPerField, bytes - done);
    const std::size_t frame = name.size() + 4;
    reply.With(name, std::string(wanted > frame ? wanted - frame : 1, 'x'));
  }
  return reply;
}

Reply Reply::SlowHeader(std::chrono::milliseconds interval) {
  return FromSteps(
      {Drip(kJsonHead + "X-Filler: " + std::string(kBlock, 'x'), interval), Of(Step::Kind::kHold)});
}

Reply Reply::NoAnswer() { return FromSteps({Of(Step::Kind::kHold)}); }
Reply Reply::CloseAtOnce() { return FromSteps({Of(Step::Kind::kClose)}); }
Reply Reply::ResetAtOnce() { return FromSteps({Of(Step::Kind::kReset)}); }

Reply Reply::CutBody(std::size_t declared, std::string sent) {
  return Raw(kJsonHead + "Content-Length: " + std::to_string(declared) + "\r\n\r\n" + sent);
}

Reply Reply::CutChunked(std::string first_chunk) {
  return Raw(kJsonHead + "Transfer-Encoding: chunked\r\n\r\n" + Hex(first_chunk.size()) + "\r\n" +
             first_chunk + "\r\n");
}

Reply Reply::Endless(std::uint64_t total, bool declare_length, std::string_view content_type) {
  std::string head = Head(content_type);
  if (declare_length) head += "Content-Length: " + std::to_string(total) + "\r\n";
  return FromSteps(
      {Send(head + "\r\n"), Repeat("0123456789abcdef", total), Of(Step::Kind::kClose)});
}

Reply Reply::SlowBody(std::string body, std::chrono::milliseconds interval,
                      std::string_view content_type) {
  return FromSteps(
      {Send(Head(content_type) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n"),
       Drip(std::move(body), interval), Of(Step::Kind::kClose)});
}

Reply Reply::EndlessChunks(std::string_view content_type) {
  return FromSteps({Send(Head(content_type) + "Transfer-Encoding: chunked\r\n\r\n"),
                    Repeat("10\r\n0123456789abcdef\r\n", kEndless)});
}

Reply Reply::ChunkSizeLine(std::string line) {
  return FromSteps({Send(kJsonHead + "Transfer-Encoding: chunked\r\n\r\n" + line + "\r\n"),
                    Repeat("0123456789abcdef", kEndless)});
}

Reply Reply::EndlessChunkExtension() {
  return FromSteps({Send(kJsonHead + "Transfer-Encoding: chunked\r\n\r\n5;x="),
                    Repeat("0123456789abcdef", kEndless)});
}

Reply Reply::GzipBomb(std::uint64_t unpacked_bytes) {
  return Status(200, GzipOfZeros(unpacked_bytes),
                {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}});
}

Reply Reply::EndlessTrailer() {
  return FromSteps({Send(kJsonHead + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"),
                    Repeat("X-Filler: 0123456789abcdef0123456789abcdef\r\n", kEndless)});
}

Reply& Reply::With(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Reply& Reply::Without(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return SameName(field.first, name); });
  // Without a length the end of the connection is the end of the body.
  if (SameName(name, "Content-Length")) keep_ = false;
  return *this;
}

Reply& Reply::Closing() {
  With("Connection", "close");
  keep_ = false;
  return *this;
}

Reply& Reply::ClosedAfter(std::size_t bytes) {
  limit_ = bytes;
  keep_ = false;
  return *this;
}

Reply& Reply::ResetAfter(std::size_t bytes) {
  reset_ = true;
  return ClosedAfter(bytes);
}

Reply& Reply::After(std::shared_ptr<Gate> gate) {
  gate_ = std::move(gate);
  return *this;
}

Reply& Reply::DripEvery(std::chrono::milliseconds interval) {
  drip_ = interval;
  return *this;
}

std::vector<Step> Reply::Steps(bool head_request) const {
  std::vector<Step> steps;
  if (gate_) {
    steps.push_back(Of(Step::Kind::kGate));
    steps.back().gate = gate_;
  }
  if (!raw_.empty()) {
    steps.insert(steps.end(), raw_.begin(), raw_.end());
    return steps;
  }
  std::string bytes = status_line_;
  for (const auto& [name, value] : fields_) bytes += name + ": " + value + "\r\n";
  bytes += "\r\n";
  if (!head_request) bytes += body_;
  bytes.resize(std::min(bytes.size(), limit_));
  steps.push_back(drip_.count() > 0 ? Drip(std::move(bytes), drip_) : Send(std::move(bytes)));
  if (!keep_) steps.push_back(Of(reset_ ? Step::Kind::kReset : Step::Kind::kClose));
  return steps;
}

}  // namespace plimsoll::testing
