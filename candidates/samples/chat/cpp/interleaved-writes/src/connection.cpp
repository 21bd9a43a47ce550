#include "connection.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "protocol.hpp"

namespace {

/// Requests that a connection may have waiting or running; we stop reading from it until half of them are done.
constexpr std::size_t kMaxUnanswered = 32;
/// The same in bytes of their lines (one request is always allowed).
constexpr std::size_t kMaxUnansweredBytes = 1024 * 1024;
/// Bytes that the client has not taken; we stop reading from it until it has.
constexpr std::size_t kMaxPendingBytes = 64 * 1024;

}  // namespace

Connection::Connection(std::uint64_t id, int socket, int epoll, std::function<void()> resume)
    : id_(id), epoll_(epoll), resume_(std::move(resume)), socket_(socket) {}

Connection::~Connection() { release(); }

void Connection::write_message(const Message& message) {
  std::shared_lock in_use(in_use_);
  write_all(message.json());
  write_all("\n");
}

bool Connection::try_write_message(const Message& message) { return try_write(message.line); }

bool Connection::try_write_batch(const std::vector<MessagePtr>& messages) {
  std::string line;
  for (const MessagePtr& message : messages) {
    line += line.empty() ? '[' : ',';
    line += message->json();
  }
  line += "]\n";
  return try_write(line);
}

void Connection::write_shed(std::uint64_t id) { reply(protocol::shed(id)); }

void Connection::close() {
  std::lock_guard lock(mutex_);
  shut();
}

bool Connection::is_closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void Connection::watch() {
  std::lock_guard lock(mutex_);
  update_events(EPOLL_CTL_ADD);
}

void Connection::reply(std::string_view line) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  const std::size_t sent = pending_.empty() ? send_now(line) : 0;
  if (sent < line.size() && !closed_) queue(line.substr(sent));
}

bool Connection::begin_request(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  const bool full = unanswered_ >= kMaxUnanswered || unanswered_bytes_ + bytes > kMaxUnansweredBytes;
  if ((unanswered_ > 0 && full) || pending_.size() > kMaxPendingBytes) {
    paused_ = true;
    update_events(EPOLL_CTL_MOD);
    return false;
  }
  ++unanswered_;
  unanswered_bytes_ += bytes;
  return true;
}

void Connection::end_request(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  --unanswered_;
  unanswered_bytes_ -= bytes;
  if (paused_ && has_room()) {
    paused_ = false;
    update_events(EPOLL_CTL_MOD);
    resume_();
  }
}

void Connection::flush() {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  const std::size_t sent = send_now(pending_);
  pending_.erase(0, sent);
  sent_ += sent;
  if (paused_ && has_room()) {
    paused_ = false;
    resume_();
  }
  update_events(EPOLL_CTL_MOD);
  moved_.notify_all();
}

long Connection::read(char* bytes, std::size_t size) {
  std::lock_guard lock(mutex_);
  if (closed_) return 0;
  const ssize_t length = ::recv(socket_, bytes, size, MSG_DONTWAIT);
  if (length < 0) return errno == EAGAIN || errno == EINTR ? -1 : 0;
  return length;
}

void Connection::release() {
  close();
  std::unique_lock unused(in_use_);
  std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

/// Writes all of it, in as many parts as the socket takes.
void Connection::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    if (is_closed()) throw Closed();
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd writable{socket_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else {
      close();
    }
  }
}

bool Connection::try_write(std::string_view line) {
  std::lock_guard lock(mutex_);
  if (closed_) throw Closed();
  if (!pending_.empty()) return false;
  const std::size_t sent = send_now(line);
  if (closed_) throw Closed();
  if (sent == 0) return false;
  if (sent < line.size()) queue(line.substr(sent));
  return true;
}

/// Hands the kernel what it takes without waiting, and says how much that was. After an error the connection is closed.
std::size_t Connection::send_now(std::string_view line) {
  const ssize_t sent = ::send(socket_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) shut();
  return 0;
}

/// The rest of a line waits here until the socket takes more; then the server calls flush().
void Connection::queue(std::string_view rest) {
  if (closed_) return;
  pending_ += rest;
  queued_ += rest.size();
  update_events(EPOLL_CTL_MOD);
}

/// From here on every write throws; the event loop sees the end of the stream and releases the descriptor.
void Connection::shut() {
  if (closed_) return;
  closed_ = true;
  std::string().swap(pending_);
  ::shutdown(socket_, SHUT_RDWR);
  moved_.notify_all();
}

void Connection::update_events(int operation) {
  if (socket_ < 0) return;
  epoll_event event{};
  event.data.u64 = id_;
  event.events = (paused_ ? 0u : EPOLLIN) | (pending_.empty() ? 0u : EPOLLOUT);
  ::epoll_ctl(epoll_, operation, socket_, &event);
}

bool Connection::has_room() const {
  return unanswered_ <= kMaxUnanswered / 2 && unanswered_bytes_ <= kMaxUnansweredBytes / 2 && pending_.size() <= kMaxPendingBytes;
}
