#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.hpp"
#include "message.hpp"
#include "outbox.hpp"

class ChatServer {
 public:
  void handle_join_channels(const ConnectionPtr& conn, const std::vector<std::string>& channels) {
    std::unique_lock lock(mutex_);
    if (conn->is_closed()) return;  // handle_disconnect has run or will run after us; either way nothing may stay behind.
    Member& member = members_[conn->id()];
    if (member.outbox == nullptr) member.outbox = std::make_shared<Outbox>(conn);
    for (const std::string& channel : channels) {
      channels_[channel].insert(member.outbox);
      member.channels.insert(channel);
    }
  }

  /// Nothing is written here: the messages wait in the receivers' outboxes for the writer.
  void handle_request_to_send_message(const ConnectionPtr&, const MessagePtr& message) {
    std::shared_lock lock(mutex_);
    const auto receivers = channels_.find(message->channel);
    if (receivers == channels_.end()) return;
    for (const OutboxPtr& outbox : receivers->second) {
      if (outbox->push(message)) writer_.add(outbox);
    }
  }

  void handle_new_connection(const ConnectionPtr&, const std::string&) {}

  void handle_disconnect(const ConnectionPtr& conn) {
    std::unique_lock lock(mutex_);
    const auto member = members_.extract(conn->id());
    if (member.empty()) return;
    for (const std::string& channel : member.mapped().channels) {
      const auto outboxes = channels_.find(channel);
      outboxes->second.erase(member.mapped().outbox);
      if (outboxes->second.empty()) channels_.erase(outboxes);
    }
    member.mapped().outbox->close();
  }

 private:
  struct Member {
    OutboxPtr outbox;
    std::unordered_set<std::string> channels;
  };

  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::unordered_set<OutboxPtr>> channels_;
  std::unordered_map<std::uint64_t, Member> members_;
  Writer writer_;
};
