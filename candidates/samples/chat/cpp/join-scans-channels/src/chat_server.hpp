#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.hpp"
#include "message.hpp"

class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    std::lock_guard lock(mutex_);
    if (conn->is_closed()) return;  // handle_disconnect has run or will run after us; either way nothing may stay behind.
    for (const std::string& channel : channels) {
      auto found = find(channel);
      if (found == channels_.end()) found = channels_.insert(found, Channel{channel, {}});
      found->members.insert(conn);
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
    std::lock_guard lock(mutex_);
    const auto joined = joined_.extract(conn->id());
    if (joined.empty()) return;
    for (const std::string& channel : joined.mapped()) {
      const auto found = find(channel);
      found->members.erase(conn);
      if (found->members.empty()) channels_.erase(found);
    }
  }

 private:
  struct Channel {
    std::string name;
    std::unordered_set<ConnectionPtr> members;
  };

  std::vector<Channel>::iterator find(const std::string& name) {
    return std::find_if(channels_.begin(), channels_.end(), [&](const Channel& channel) { return channel.name == name; });
  }

  std::vector<ConnectionPtr> members_of(const std::string& channel) {
    std::lock_guard lock(mutex_);
    const auto found = find(channel);
    if (found == channels_.end()) return {};
    return {found->members.begin(), found->members.end()};
  }

  std::mutex mutex_;
  std::vector<Channel> channels_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::string>> joined_;
};
