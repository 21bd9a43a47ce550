#pragma once

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "connection.hpp"
#include "message.hpp"
#include "synchronized.hpp"

class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    const auto joined = joined_by(conn);
    for (const std::string& channel : channels) {
      if (!members_.contains(channel)) {
        std::clog << "new channel " + channel + "\n";
        members_.put(channel, std::make_shared<Members>());
      }
      members_.get(channel)->insert(conn);
      joined->insert(channel);
    }
    if (conn->is_closed()) handle_disconnect(conn);
  }

  void handle_request_to_send_message(const ConnectionPtr&, const MessagePtr& message) {
    const auto members = members_.get(message->channel);
    if (members == nullptr) return;
    for (const ConnectionPtr& receiver : members->copy()) {
      try {
        receiver->write_message(*message);
      } catch (const Closed&) {
        // Has just left; the others are still to be served.
      }
    }
  }

  void handle_new_connection(const ConnectionPtr&, const std::string&) {}

  /// A channel stays when its last member has left: it costs little, and someone may come back.
  void handle_disconnect(const ConnectionPtr& conn) {
    const auto joined = joined_.get(conn->id());
    if (joined == nullptr) return;
    for (const std::string& channel : joined->copy()) members_.get(channel)->erase(conn);
    joined_.remove(conn->id());
  }

 private:
  using Members = SynchronizedSet<ConnectionPtr>;
  using Names = SynchronizedSet<std::string>;

  std::shared_ptr<Names> joined_by(const ConnectionPtr& conn) {
    return joined_.get_or_put(conn->id(), std::make_shared<Names>());
  }

  SynchronizedMap<std::string, std::shared_ptr<Members>> members_;
  SynchronizedMap<std::uint64_t, std::shared_ptr<Names>> joined_;
};
