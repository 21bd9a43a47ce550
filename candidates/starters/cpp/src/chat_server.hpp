#pragma once

// Your part. Everything else in this folder is done and works.

#include <string>
#include <vector>

#include "connection.hpp"
#include "message.hpp"

/// One instance serves all connections. The handlers are called from many threads at the same time, also for one and the
/// same connection. A ConnectionPtr (a shared_ptr) can be kept and compared. A handler that throws refuses the request: the
/// client gets an `error`.
class ChatServer {
 public:
  /// The user behind `conn` joins these channels. When this returns, the client is told that it has joined.
  void handle_join_channels([[maybe_unused]] const ConnectionPtr& conn, [[maybe_unused]] const std::vector<std::string>& channels) {
    // TODO (stage 1)
  }

  /// Everyone in `message->channel` gets the message.
  void handle_request_to_send_message([[maybe_unused]] const ConnectionPtr& conn, [[maybe_unused]] const MessagePtr& message) {
    // TODO (stage 1)
  }

  /// A follow-up: the user behind `conn` says its name. When this returns, the client is welcomed.
  void handle_new_connection([[maybe_unused]] const ConnectionPtr& conn, [[maybe_unused]] const std::string& username) {
    // TODO (follow-up)
  }

  /// `conn` has ended; called once. Other handlers of the same connection may still be running.
  void handle_disconnect([[maybe_unused]] const ConnectionPtr& conn) {
    // TODO (stage 1)
  }

 private:
  // TODO: what the server has to remember.
};
