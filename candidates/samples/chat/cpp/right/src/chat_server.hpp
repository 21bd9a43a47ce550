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

/// Locks are taken in this order, and none is held over a write that may wait: a member's seat, then the names or the
/// channels, then a member's outbox.
class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    const MemberPtr member = member_of(conn);
    if (member == nullptr) return;
    std::lock_guard seat(member->seat);
    if (member->gone) return;
    std::unique_lock lock(channels_mutex_);
    for (const std::string& channel : channels) {
      channels_[channel].insert(member);
      member->channels.insert(channel);
    }
  }

  void handle_request_to_send_message(const ConnectionPtr& conn, const MessagePtr& message) {
    if (message->id && delivery_.is_overloaded()) {
      conn->write_shed(*message->id);
      return;
    }
    std::shared_lock lock(channels_mutex_);
    const auto found = channels_.find(message->channel);
    if (found == channels_.end()) return;
    for (const MemberPtr& receiver : found->second) delivery_.enqueue(receiver, message);
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

  void leave_channels(const MemberPtr& member) {
    std::unique_lock lock(channels_mutex_);
    for (const std::string& channel : member->channels) {
      const auto members = channels_.find(channel);
      members->second.erase(member);
      if (members->second.empty()) channels_.erase(members);
    }
    member->channels.clear();
  }

  std::mutex members_mutex_;
  std::unordered_map<std::uint64_t, MemberPtr> members_;
  std::shared_mutex channels_mutex_;
  std::unordered_map<std::string, std::unordered_set<MemberPtr>> channels_;
  std::mutex names_mutex_;
  std::unordered_map<std::string, ConnectionPtr> names_;
  Delivery delivery_;
};
