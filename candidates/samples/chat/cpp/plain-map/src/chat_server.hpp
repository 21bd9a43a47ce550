#pragma once

#include <iostream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.hpp"
#include "message.hpp"

class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    if (conn->is_closed()) return;  // handle_disconnect has run or will run after us; either way nothing may stay behind.
    for (const std::string& channel : channels) {
      if (!members_.contains(channel)) std::clog << "new channel " + channel + "\n";
      members_[channel].insert(conn);
      joined_[conn->id()].insert(channel);
    }
  }

  void handle_request_to_send_message(const ConnectionPtr&, const MessagePtr& message) {
    for (const ConnectionPtr& receiver : members_of(message->channel)) {
      try {
        receiver->write_message(*message);
      } catch (const Closed&) {
        // Has just left; the others are still to be served.
      }
    }
  }

  void handle_new_connection(const ConnectionPtr&, const std::string&) {}

  void handle_disconnect(const ConnectionPtr& conn) {
    const auto joined = joined_.extract(conn->id());
    if (joined.empty()) return;
    for (const std::string& channel : joined.mapped()) {
      const auto members = members_.find(channel);
      if (members == members_.end()) continue;
      members->second.erase(conn);
      if (members->second.empty()) members_.erase(members);
    }
  }

 private:
  std::vector<ConnectionPtr> members_of(const std::string& channel) {
    const auto members = members_.find(channel);
    if (members == members_.end()) return {};
    return {members->second.begin(), members->second.end()};
  }

  std::unordered_map<std::string, std::unordered_set<ConnectionPtr>> members_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::string>> joined_;
};
