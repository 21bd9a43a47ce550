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
  /// Whoever sends meanwhile sees either none of the channels joined or all of them.
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    std::unordered_set<std::string> names;
    std::vector<ChannelPtr> joining;
    std::vector<std::unique_lock<std::mutex>> locks;
    for (const std::string& name : channels) {
      if (!names.insert(name).second) continue;
      joining.push_back(find_or_add(name));
      locks.emplace_back(joining.back()->mutex);
    }
    std::lock_guard joined(joined_mutex_);
    if (conn->is_closed()) return;
    for (const ChannelPtr& channel : joining) channel->members.insert(conn);
    joined_[conn->id()].merge(names);
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
    for (const std::string& name : joined.mapped()) {
      const ChannelPtr channel = find_or_add(name);
      std::unique_lock members(channel->mutex);
      channel->members.erase(conn);
      members.unlock();
      remove_if_unused(name, channel);
    }
  }

 private:
  ChannelPtr find(const std::string& name) {
    std::shared_lock lock(channels_mutex_);
    const auto channel = channels_.find(name);
    return channel == channels_.end() ? nullptr : channel->second;
  }

  ChannelPtr find_or_add(const std::string& name) {
    if (ChannelPtr channel = find(name)) return channel;
    std::clog << "new channel " + name + "\n";
    std::unique_lock lock(channels_mutex_);
    ChannelPtr& channel = channels_[name];
    if (channel == nullptr) channel = std::make_shared<Channel>();
    return channel;
  }

  /// Under the exclusive lock nobody can get hold of the channel, so one that only the map and we hold stays unused.
  void remove_if_unused(const std::string& name, const ChannelPtr& channel) {
    std::unique_lock lock(channels_mutex_);
    if (channel.use_count() > 2) return;
    std::unique_lock members(channel->mutex);
    if (channel->members.empty()) channels_.erase(name);
  }

  std::shared_mutex channels_mutex_;
  std::unordered_map<std::string, ChannelPtr> channels_;
  std::mutex joined_mutex_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::string>> joined_;
};
