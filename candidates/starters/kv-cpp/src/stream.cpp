#include "stream.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "refusal.hpp"

namespace {

constexpr std::size_t kMaxLineBytes = 8192;
constexpr std::size_t kMaxHeaders = 100;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kMaxLengthDigits = 12;

void wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd waiting{fd, events, 0};
    int ready = left <= 0 ? 0 : poll(&waiting, 1, static_cast<int>(left) + 1);
    if (ready > 0) return;
    if (ready == 0) throw StreamEnded("it took too long");
    if (errno != EINTR) throw StreamEnded("poll failed");
  }
}

std::string trimmed(const std::string& text) {
  auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Stream::Stream(int fd) : fd_(fd), deadline_(Deadline::max()) {}

Stream::~Stream() { close(fd_); }

bool Stream::is_readable() const {
  pollfd waiting{fd_, POLLIN, 0};
  return start_ < buffer_.size() || poll(&waiting, 1, 0) != 0;
}

bool Stream::wait_for_more() {
  try {
    if (start_ == buffer_.size()) fill();
    return true;
  } catch (const StreamEnded&) {
    return false;
  }
}

void Stream::write(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    ssize_t count = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait_for(fd_, POLLOUT, deadline_);
    } else if (!(count < 0 && errno == EINTR)) {
      throw StreamEnded("the other side is gone");
    }
  }
}

std::string Stream::read_line() {
  for (std::size_t searched = start_;;) {
    auto end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(start_, end - start_);
      start_ = end + 1;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (buffer_.size() - start_ > kMaxLineBytes) throw Refusal(431, "Expected a shorter line.");
    searched = buffer_.size();
    if (start_ > 0) {
      searched -= start_;
      buffer_.erase(0, start_);
      start_ = 0;
    }
    fill();
  }
}

Headers Stream::read_headers() {
  Headers headers;
  for (std::size_t count = 0; count <= kMaxHeaders; ++count) {
    std::string line = read_line();
    if (line.empty()) return headers;
    auto colon = line.find(':');
    if (colon == 0 || colon == std::string::npos) throw Refusal(400, "Expected a header to be name: value.");
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    bool is_new = headers.emplace(name, trimmed(line.substr(colon + 1))).second;
    if (!is_new && name == "content-length") throw Refusal(400, "Expected one Content-Length.");
  }
  throw Refusal(431, "Expected fewer headers.");
}

std::string Stream::read_exactly(std::size_t size) {
  std::string bytes = buffer_.substr(start_, size);
  start_ += bytes.size();
  bytes.reserve(size);
  while (bytes.size() < size) {
    fill();
    std::size_t count = std::min(size - bytes.size(), buffer_.size() - start_);
    bytes.append(buffer_, start_, count);
    start_ += count;
  }
  return bytes;
}

std::string Stream::read_body(const Headers& headers, std::size_t limit) {
  auto coding = headers.find("transfer-encoding");
  auto length = headers.find("content-length");
  if (coding != headers.end()) {
    if (coding->second != "chunked" || length != headers.end()) throw Refusal(400, "Expected a Content-Length, or a chunked body.");
    return read_chunks(limit);
  }
  if (length == headers.end()) return "";
  const std::string& digits = length->second;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) throw Refusal(400, "Expected Content-Length to be a number.");
  if (digits.size() > kMaxLengthDigits || std::stoull(digits) > limit) throw Refusal(413, "Expected a shorter body.");
  return read_exactly(std::stoull(digits));
}

std::string Stream::read_chunks(std::size_t limit) {
  std::string body;
  for (;;) {
    std::string line = read_line();
    std::string digits = trimmed(line.substr(0, line.find(';')));
    if (digits.empty() || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) throw Refusal(400, "Expected the size of a chunk.");
    if (digits.size() > kMaxLengthDigits || body.size() + std::stoull(digits, nullptr, 16) > limit) throw Refusal(413, "Expected a shorter body.");
    std::size_t size = std::stoull(digits, nullptr, 16);
    if (size == 0) break;
    body += read_exactly(size);
    if (read_exactly(2) != "\r\n") throw Refusal(400, "Expected a chunk to end with CR LF.");
  }
  read_headers();
  return body;
}

void Stream::fill() {
  if (start_ == buffer_.size()) {
    buffer_.clear();
    start_ = 0;
  }
  for (;;) {
    wait_for(fd_, POLLIN, deadline_);
    std::size_t before = buffer_.size();
    buffer_.resize(before + kReadBytes);
    ssize_t count = recv(fd_, buffer_.data() + before, kReadBytes, MSG_DONTWAIT);
    buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0) return;
    if (count == 0) throw StreamEnded("the other side closed");
    if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) throw StreamEnded("the other side is gone");
  }
}
