#include "server.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "protocol.hpp"
#include "utf8.hpp"

namespace {

/// Threads that run handlers. Each runs one request at a time.
constexpr int kHandlerThreads = 64;
/// Connections that the kernel completes for us before we accept them.
constexpr int kBacklog = 4096;
/// The pause after a failed accept: at the descriptor limit, trying again at once would only burn CPU.
constexpr auto kAcceptRetry = std::chrono::milliseconds(50);
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kEventsAtOnce = 256;
/// Marks the events of `wake_`; connections are counted from 1.
constexpr std::uint64_t kWakeId = 0;

int listen_on(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("Expected HOST and PORT to be an address, got " + host + ":" + port);
  const int one = 1;
  const int listener = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const bool listening = ::bind(listener, found->ai_addr, found->ai_addrlen) == 0 && ::listen(listener, kBacklog) == 0;
  ::freeaddrinfo(found);
  if (!listening) throw std::runtime_error("Expected to listen on " + host + ":" + port + ", got: " + std::strerror(errno) + ". Set HOST and PORT.");
  return listener;
}

/// Calls the handler. Returns the reply, if the request gets one.
std::optional<std::string> handle(ChatServer& chat, const ConnectionPtr& conn, const protocol::Request& request) {
  if (const auto* join = std::get_if<protocol::Join>(&request)) {
    chat.handle_join_channels(conn, join->channels);
    return protocol::joined(join->id);
  }
  if (const auto* hello = std::get_if<protocol::Hello>(&request)) {
    chat.handle_new_connection(conn, hello->username);
    return protocol::welcome(hello->id);
  }
  if (const auto* send = std::get_if<protocol::Send>(&request)) chat.handle_request_to_send_message(conn, send->message);
  return std::nullopt;
}

protocol::Id id_of(const protocol::Request& request) {
  if (const auto* join = std::get_if<protocol::Join>(&request)) return join->id;
  if (const auto* hello = std::get_if<protocol::Hello>(&request)) return hello->id;
  if (const auto* send = std::get_if<protocol::Send>(&request)) return send->message->id;
  return std::nullopt;
}

/// A line that is no request, or a handler that throws, is answered by an error.
std::optional<std::string> answer(ChatServer& chat, const ConnectionPtr& conn, std::string_view line) {
  protocol::Id id;
  try {
    const protocol::Request request = protocol::parse_request(line);
    id = id_of(request);
    return handle(chat, conn, request);
  } catch (const protocol::BadRequest& bad) {
    return protocol::error(bad.id, bad.what());
  } catch (const std::exception& error) {
    return protocol::error(id, error.what());
  }
}

}  // namespace

Server::Server(const std::string& host, const std::string& port)
    : pool_(kHandlerThreads), listener_(listen_on(host, port)), epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeId;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
}

void Server::run() {
  std::thread([this] { read_all(); }).detach();
  for (;;) accept_one();
}

void Server::accept_one() {
  static std::uint64_t next_id = kWakeId + 1;
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) {
    std::this_thread::sleep_for(kAcceptRetry);
    return;
  }
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const std::uint64_t id = next_id++;
  auto conn = std::make_shared<Connection>(id, socket, epoll_, [this, id] { wake_to_resume(id); });
  {
    std::lock_guard lock(mutex_);
    clients_.emplace(id, std::make_unique<Client>(Client{conn, {}}));
  }
  conn->watch();
}

void Server::read_all() {
  epoll_event events[kEventsAtOnce];
  for (;;) {
    const int count = ::epoll_wait(epoll_, events, kEventsAtOnce, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kWakeId) {
        resume_paused();
      } else {
        on_event(events[i].data.u64, events[i].events);
      }
    }
  }
}

void Server::on_event(std::uint64_t id, std::uint32_t events) {
  static char bytes[kReadBytes];
  Client* client = find(id);
  if (client == nullptr) return;
  if (events & EPOLLOUT) client->conn->flush();
  if (events & EPOLLIN) {
    const long length = client->conn->read(bytes, sizeof bytes);
    if (length == 0) return end(id);
    if (length > 0) {
      client->lines.push(valid_utf8({bytes, static_cast<std::size_t>(length)}));
      take_requests(*client);
    }
  } else if (events & (EPOLLHUP | EPOLLERR)) {
    end(id);
  }
}

void Server::resume_paused() {
  std::uint64_t ignored;
  [[maybe_unused]] const auto size = ::read(wake_, &ignored, sizeof ignored);
  std::vector<std::uint64_t> ids;
  {
    std::lock_guard lock(mutex_);
    ids.swap(to_resume_);
  }
  for (const std::uint64_t id : ids) {
    if (Client* client = find(id)) take_requests(*client);
  }
}

/// Starts as many requests as have come in whole and may run now.
void Server::take_requests(Client& client) {
  try {
    while (const auto line = client.lines.peek()) {
      if (!client.conn->begin_request(line->size())) return;
      start_request(client.conn, std::string(*line));
      client.lines.take();
    }
  } catch (const LineSplitter::LineTooLong& error) {
    client.conn->reply(protocol::error(std::nullopt, error.what()));
    client.conn->close();
  }
}

void Server::start_request(const ConnectionPtr& conn, std::string line) {
  pool_.run([this, conn, line = std::move(line)] {
    if (const auto reply = answer(chat_, conn, line)) conn->reply(*reply);
    conn->end_request(line.size());
  });
}

void Server::end(std::uint64_t id) {
  ConnectionPtr conn;
  {
    std::lock_guard lock(mutex_);
    conn = clients_.at(id)->conn;
    clients_.erase(id);
  }
  conn->release();
  pool_.run([this, conn] {
    try {
      chat_.handle_disconnect(conn);
    } catch (const std::exception& error) {
      std::cerr << "handle_disconnect threw: " << error.what() << '\n';
    }
  });
}

Server::Client* Server::find(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

void Server::wake_to_resume(std::uint64_t id) {
  {
    std::lock_guard lock(mutex_);
    to_resume_.push_back(id);
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_, &one, sizeof one);
}
