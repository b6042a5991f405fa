// A client on a raw socket, for what no real client would send. Every wait ends after ten seconds.
#pragma once

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace plimsoll::http {

class RawClient {
 public:
  static constexpr timeval kPatience{10, 0};

  // `from`: the local address, so that a test can be several peers (127.0.0.2).
  explicit RawClient(std::uint16_t port, bool tls = false, const char* from = "127.0.0.1",
                     int max_tls = 0)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    inet_pton(AF_INET, from, &local.sin_addr);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&local), sizeof(local)), 0);
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&server), sizeof(server)) == 0;
    if (connected_ && tls) StartTls(max_tls);
  }
  ~RawClient() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    if (context_ != nullptr) SSL_CTX_free(context_);
    if (fd_ >= 0) close(fd_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  // False when the peer has closed, or takes nothing for ten seconds.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ssl_ != nullptr
                               ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                               : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (done <= 0) return false;
      sent_ += static_cast<std::size_t>(done);
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }
  // The pattern again and again, until `total` bytes are out or the peer has closed.
  void Flood(std::string_view pattern, std::size_t total) {
    std::string block;
    while (block.size() < 64 * 1024) block += pattern;
    for (std::size_t done = 0; done < total; done += block.size()) {
      if (!Send(block)) return;
    }
  }
  void EndSending() { shutdown(fd_, SHUT_WR); }
  void Reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd_);
    fd_ = -1;
  }

  // One whole answer with Content-Length; what came until then when the peer closes.
  std::string Answer(bool head_request = false) {
    while (true) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t length = 0;
        const std::size_t field = buffer_.find("Content-Length: ");
        if (!head_request && field < end) {
          length = std::strtoull(buffer_.c_str() + field + 16, nullptr, 10);
        }
        if (buffer_.size() >= end + 4 + length) {
          std::string answer = buffer_.substr(0, end + 4 + length);
          buffer_.erase(0, end + 4 + length);
          return answer;
        }
      }
      if (!More()) return std::exchange(buffer_, "");
    }
  }
  // The status of the next answer; 0 when the peer closed without one.
  int Status() {
    const std::string answer = Answer();
    return answer.size() > 12 ? static_cast<int>(std::strtol(answer.c_str() + 9, nullptr, 10)) : 0;
  }
  // True when the peer closes (or resets) before anything more comes.
  bool Closed() {
    while (More()) {
    }
    return ended_;
  }
  std::size_t sent() const { return sent_; }
  SSL* ssl() { return ssl_; }

 private:
  void StartTls(int max_tls) {
    context_ = SSL_CTX_new(TLS_client_method());
    if (max_tls != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_max_proto_version(context_, max_tls);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    static constexpr std::array<unsigned char, 12> kProtocols = {2,   'h', '2', 8,   'h', 't',
                                                                 't', 'p', '/', '1', '.', '1'};
    SSL_set_alpn_protos(ssl_, kProtocols.data(), kProtocols.size());
    connected_ = SSL_connect(ssl_) == 1;
  }
  bool More() {
    std::array<char, 16 * 1024> block{};
    if (fd_ < 0) return false;
    errno = 0;
    const ssize_t count = ssl_ != nullptr
                              ? SSL_read(ssl_, block.data(), static_cast<int>(block.size()))
                              : recv(fd_, block.data(), block.size(), 0);
    if (count <= 0) {
      ended_ = errno != EAGAIN && errno != EWOULDBLOCK;
      return false;
    }
    buffer_.append(block.data(), static_cast<std::size_t>(count));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::size_t sent_ = 0;
  std::string buffer_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

inline std::string Post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}
inline std::string Get(std::string_view path = "/") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace plimsoll::http
