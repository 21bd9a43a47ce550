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
      if (joined_[conn->id()].insert(channel).second) members_[channel].push_back(conn);
    }
  }

  void handle_request_to_send_message(const ConnectionPtr&, const MessagePtr& message) {
    const Members* members = members_of(message->channel);
    if (members == nullptr) return;
    for (const ConnectionPtr& receiver : *members) {
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
      Members& members = members_[channel];
      members.erase(std::find(members.begin(), members.end(), conn));
      if (members.empty()) members_.erase(channel);
    }
  }

 private:
  using Members = std::vector<ConnectionPtr>;

  const Members* members_of(const std::string& channel) {
    std::lock_guard lock(mutex_);
    const auto members = members_.find(channel);
    return members == members_.end() ? nullptr : &members->second;
  }

  std::mutex mutex_;
  std::unordered_map<std::string, Members> members_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::string>> joined_;
};
