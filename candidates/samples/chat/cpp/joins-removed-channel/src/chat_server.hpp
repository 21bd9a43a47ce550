#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.hpp"
#include "delivery.hpp"
#include "message.hpp"

struct Channel {
  std::shared_mutex mutex;
  std::unordered_set<MemberPtr> members;
};

using ChannelPtr = std::shared_ptr<Channel>;

/// Locks are taken in this order, and none is held over a write that may wait: a member's seat, then the names or the
/// channels, then one channel, then a member's outbox.
class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    const MemberPtr member = member_of(conn);
    if (member == nullptr) return;
    std::lock_guard seat(member->seat);
    if (member->gone) return;
    const std::vector<ChannelPtr> found = channels_of(channels);
    for (std::size_t i = 0; i < channels.size(); i++) {
      std::unique_lock lock(found[i]->mutex);
      found[i]->members.insert(member);
      member->channels.insert(channels[i]);
    }
  }

  void handle_request_to_send_message(const ConnectionPtr& conn, const MessagePtr& message) {
    if (message->id && delivery_.is_overloaded()) {
      conn->write_shed(*message->id);
      return;
    }
    const ChannelPtr channel = find(message->channel);
    if (channel == nullptr) return;
    std::shared_lock lock(channel->mutex);
    for (const MemberPtr& receiver : channel->members) delivery_.enqueue(receiver, message);
  }

  /// The last one to claim a name has it; whoever had it before is disconnected.
  void handle_new_connection(const ConnectionPtr& conn, const std::string& username) {
    const MemberPtr member = member_of(conn);
    if (member == nullptr) return;
    std::lock_guard seat(member->seat);
    if (member->gone) return;
    if (member->name) throw std::runtime_error("Expected one hello a connection, got a second");
    member->name = username;
    ConnectionPtr before = conn;
    {
      std::lock_guard lock(names_mutex_);
      names_[username].swap(before);
    }
    if (before != nullptr) before->close();
  }

  void handle_disconnect(const ConnectionPtr& conn) {
    const MemberPtr member = remove_member(conn);
    if (member == nullptr) return;
    std::lock_guard seat(member->seat);
    member->gone = true;
    give_name_back(*member);
    leave_channels(member);
    delivery_.forget(*member);
  }

 private:
  /// Null once the connection has ended: it is closed before handle_disconnect removes its member, so whoever still sees it open
  /// under the lock comes before that.
  MemberPtr member_of(const ConnectionPtr& conn) {
    std::lock_guard lock(members_mutex_);
    if (conn->is_closed()) return nullptr;
    MemberPtr& member = members_[conn->id()];
    if (member == nullptr) member = std::make_shared<Member>(conn);
    return member;
  }

  MemberPtr remove_member(const ConnectionPtr& conn) {
    std::lock_guard lock(members_mutex_);
    const auto node = members_.extract(conn->id());
    return node.empty() ? nullptr : node.mapped();
  }

  void give_name_back(const Member& member) {
    if (!member.name) return;
    std::lock_guard lock(names_mutex_);
    const auto holder = names_.find(*member.name);
    if (holder != names_.end() && holder->second == member.conn) names_.erase(holder);
  }

  ChannelPtr find(const std::string& channel) {
    std::shared_lock lock(channels_mutex_);
    const auto found = channels_.find(channel);
    return found == channels_.end() ? nullptr : found->second;
  }

  /// The channels of these names, found or made, all under one lock.
  std::vector<ChannelPtr> channels_of(const std::vector<std::string>& names) {
    std::unique_lock lock(channels_mutex_);
    std::vector<ChannelPtr> found;
    for (const std::string& name : names) {
      ChannelPtr& channel = channels_[name];
      if (channel == nullptr) channel = std::make_shared<Channel>();
      found.push_back(channel);
    }
    return found;
  }

  void leave_channels(const MemberPtr& member) {
    std::unique_lock lock(channels_mutex_);
    for (const std::string& name : member->channels) {
      const auto found = channels_.find(name);
      if (found == channels_.end()) continue;
      std::unique_lock one(found->second->mutex);
      found->second->members.erase(member);
      const bool is_empty = found->second->members.empty();
      one.unlock();
      if (is_empty) channels_.erase(found);
    }
    member->channels.clear();
  }

  std::mutex members_mutex_;
  std::unordered_map<std::uint64_t, MemberPtr> members_;
  std::shared_mutex channels_mutex_;
  std::unordered_map<std::string, ChannelPtr> channels_;
  std::mutex names_mutex_;
  std::unordered_map<std::string, ConnectionPtr> names_;
  Delivery delivery_;
};
