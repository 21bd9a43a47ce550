#include "peer.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <stdexcept>

namespace {

constexpr std::size_t kMaxIdleConnections = 4;

int connect_until(const std::string& host, const std::string& port, Deadline deadline) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("cannot find " + host);
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int result = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (fd < 0) throw std::runtime_error("no socket left");
  if (result < 0 && errno == EINPROGRESS) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd waiting{fd, POLLOUT, 0};
    int problem = ETIMEDOUT;
    socklen_t size = sizeof problem;
    if (left > 0 && poll(&waiting, 1, static_cast<int>(left)) > 0) getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    result = problem == 0 ? 0 : -1;
  }
  if (result < 0) {
    close(fd);
    throw std::runtime_error("cannot connect to " + host + ":" + port);
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

std::string Peer::ask(const std::string& path, const std::string& message, std::chrono::milliseconds timeout) {
  Deadline deadline = std::chrono::steady_clock::now() + timeout;
  auto stream = take(deadline);
  stream->set_deadline(deadline);
  stream->write("POST " + std::string(kPeerPrefix) + path + " HTTP/1.1\r\nHost: " + host_ + "\r\nContent-Length: " + std::to_string(message.size()) + "\r\n\r\n" + message);
  std::string status = stream->read_line();
  Headers headers = stream->read_headers();
  std::string answer = stream->read_body(headers, kMaxPeerMessageBytes);
  if (headers.count("connection") == 0 || headers["connection"] != "close") {
    std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdleConnections) idle_.push_back(std::move(stream));
  }
  if (status.rfind("HTTP/1.1 200", 0) != 0) throw std::runtime_error(name_ + " answered " + status);
  return answer;
}

std::unique_ptr<Stream> Peer::take(Deadline deadline) {
  {
    std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      auto stream = std::move(idle_.back());
      idle_.pop_back();
      // An idle connection has nothing to say: where there is something, it was closed.
      if (!stream->is_readable()) return stream;
    }
  }
  return std::make_unique<Stream>(connect_until(host_, port_, deadline));
}

std::vector<PeerPtr> parse_peers(const std::string& list, const std::string& own_name) {
  std::vector<PeerPtr> peers;
  std::istringstream items(list);
  for (std::string item; std::getline(items, item, ',');) {
    if (item.empty()) continue;
    auto equals = item.find('=');
    auto colon = item.rfind(':');
    if (equals == std::string::npos || colon == std::string::npos || colon < equals) {
      throw std::runtime_error("Expected PEERS to be name=host:port,..., got " + item);
    }
    std::string name = item.substr(0, equals);
    if (name != own_name) peers.push_back(std::make_shared<Peer>(name, item.substr(equals + 1, colon - equals - 1), item.substr(colon + 1)));
  }
  return peers;
}
