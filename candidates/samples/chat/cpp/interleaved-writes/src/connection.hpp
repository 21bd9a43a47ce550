#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "message.hpp"

/// The connection has ended; nothing can be written to it any more.
struct Closed : std::runtime_error {
  Closed() : std::runtime_error("The connection is closed") {}
};

/// One client: whole messages out, from any thread.
class Connection {
 public:
  // ---- What a ChatServer uses ----

  /// Never given twice while the server runs.
  std::uint64_t id() const { return id_; }

  /// Writes one whole message. Waits while the socket is full, for as long as that takes. Throws Closed.
  void write_message(const Message& message);

  /// Writes one whole message if the socket takes it now; never waits. False: the socket is full, nothing was written.
  /// Throws Closed.
  bool try_write_message(const Message& message);

  /// Like try_write_message, for several messages that go out as one batch (a JSON array): all or none.
  bool try_write_batch(const std::vector<MessagePtr>& messages);

  /// Tells the sender that its message with this id was dropped under overload. Never waits.
  void write_shed(std::uint64_t id);

  /// Ends the connection. handle_disconnect is called soon after, on another thread.
  void close();

  bool is_closed() const;

  // ---- What the server uses ----

  /// Takes over a non-blocking socket, and watches it for input with `epoll`. `resume` is called, from any thread, when a
  /// connection that begin_request has paused may have its next request taken up.
  Connection(std::uint64_t id, int socket, int epoll, std::function<void()> resume);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins to watch the socket; only when the server is ready for its events.
  void watch();

  /// Queues one of the server's short replies behind whatever is being written. Never waits.
  void reply(std::string_view line);

  /// False where the request has to wait: there are too many under way, or the client does not take its replies.
  bool begin_request(std::size_t bytes);
  void end_request(std::size_t bytes);

  /// The socket takes more.
  void flush();

  /// Reads what is there, up to `size` bytes: 0 at the end of the stream or after an error, -1 when nothing is there.
  long read(char* bytes, std::size_t size);

  /// Gives the descriptor back. Nothing is read or written afterwards.
  void release();

 private:
  void write_all(std::string_view bytes);
  bool try_write(std::string_view line);
  std::size_t send_now(std::string_view line);
  void queue(std::string_view rest);
  void shut();
  void update_events(int operation);
  bool has_room() const;

  const std::uint64_t id_;
  const int epoll_;
  const std::function<void()> resume_;

  mutable std::mutex mutex_;
  std::condition_variable moved_;
  int socket_;
  /// Held in common by those who write; the descriptor is closed when none does.
  std::shared_mutex in_use_;
  bool closed_ = false;
  /// Begun lines and replies that the socket has not taken; until it has, nothing else is written.
  std::string pending_;
  /// Bytes that have gone through `pending_` so far: put in, and sent.
  std::uint64_t queued_ = 0;
  std::uint64_t sent_ = 0;
  std::size_t unanswered_ = 0;
  std::size_t unanswered_bytes_ = 0;
  bool paused_ = false;
};

using ConnectionPtr = std::shared_ptr<Connection>;
