#pragma once

#include <iostream>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.hpp"
#include "message.hpp"

struct Channel {
  std::mutex mutex;
  std::unordered_set<ConnectionPtr> members;
};

using ChannelPtr = std::shared_ptr<Channel>;

class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    for (const std::string& name : channels) {
      if (find(name) == nullptr) {
        std::clog << "new channel " + name + "\n";
        std::unique_lock lock(channels_mutex_);
        channels_[name] = std::make_shared<Channel>();
      }
      std::shared_lock lock(channels_mutex_);
      const auto channel = channels_.find(name);
      if (channel != channels_.end()) add(conn, name, *channel->second);
    }
  }

  void handle_request_to_send_message(const ConnectionPtr&, const MessagePtr& message) {
    const ChannelPtr channel = find(message->channel);
    if (channel == nullptr) return;
    std::vector<ConnectionPtr> receivers;
    {
      std::lock_guard lock(channel->mutex);
      receivers.assign(channel->members.begin(), channel->members.end());
    }
    for (const ConnectionPtr& receiver : receivers) {
      try {
        receiver->write_message(*message);
      } catch (const Closed&) {
        // Has just left; the others are still to be served.
      }
    }
  }

  void handle_new_connection(const ConnectionPtr&, const std::string&) {}

  void handle_disconnect(const ConnectionPtr& conn) {
    std::unique_lock lock(joined_mutex_);
    const auto joined = joined_.extract(conn->id());
    lock.unlock();
    if (joined.empty()) return;
    std::unique_lock channels(channels_mutex_);
    for (const std::string& name : joined.mapped()) {
      const auto channel = channels_.find(name);
      if (channel == channels_.end()) continue;
      const ChannelPtr kept = channel->second;
      std::lock_guard members(kept->mutex);
      kept->members.erase(conn);
      if (kept->members.empty()) channels_.erase(channel);
    }
  }

 private:
  ChannelPtr find(const std::string& name) {
    std::shared_lock lock(channels_mutex_);
    const auto channel = channels_.find(name);
    return channel == channels_.end() ? nullptr : channel->second;
  }

  void add(const ConnectionPtr& conn, const std::string& name, Channel& channel) {
    std::lock_guard joined(joined_mutex_);
    if (conn->is_closed()) return;
    joined_[conn->id()].insert(name);
    std::lock_guard members(channel.mutex);
    channel.members.insert(conn);
  }

  std::shared_mutex channels_mutex_;
  std::unordered_map<std::string, ChannelPtr> channels_;
  std::mutex joined_mutex_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::string>> joined_;
};
