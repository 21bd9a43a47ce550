#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "connection.hpp"
#include "outbox.hpp"

struct Member {
  explicit Member(ConnectionPtr connection) : conn(std::move(connection)) {}

  const ConnectionPtr conn;

  /// Held for a whole join, so that joins and the disconnect of one connection come one after the other. Guards the next three.
  std::mutex seat;
  bool gone = false;
  std::optional<std::string> name;
  std::unordered_set<std::string> channels;

  std::mutex outbox_mutex;
  Outbox outbox;
};

using MemberPtr = std::shared_ptr<Member>;

/// One thread that flushes the outboxes of all members who have something waiting.
class Delivery {
 public:
  Delivery() {
    std::thread([this] {
      for (;;) flush_all();
    }).detach();
  }

  bool is_overloaded() const { return waiting_ > kMostWaiting; }

  void enqueue(const MemberPtr& member, const MessagePtr& message) {
    std::lock_guard lock(member->outbox_mutex);
    Outbox& outbox = member->outbox;
    const long before = outbox.backlog();
    if (!outbox.push(message)) return;
    waiting_ += outbox.backlog() - before;
    if (outbox.listed) return;
    outbox.listed = true;
    std::lock_guard listed(mutex_);
    listed_.push_back(member);
    added_.notify_one();
  }

  void forget(Member& member) {
    std::lock_guard lock(member.outbox_mutex);
    waiting_ -= member.outbox.backlog();
    member.outbox.close();
  }

 private:
  /// How long messages are gathered before they go out as one batch a receiver.
  static constexpr auto kGather = std::chrono::milliseconds(10);
  /// Messages times receivers that may wait for us before we drop those that may be dropped.
  static constexpr long kMostWaiting = 150'000;

  void flush_all() {
    std::unique_lock lock(mutex_);
    added_.wait(lock, [this] { return !listed_.empty(); });
    lock.unlock();
    std::this_thread::sleep_for(kGather);
    lock.lock();
    std::vector<MemberPtr> members;
    members.swap(listed_);
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(members, [&](const MemberPtr& member) { return !flush(*member, now); });
    lock.lock();
    listed_.insert(listed_.end(), members.begin(), members.end());
  }

  /// True when the member stays listed.
  bool flush(Member& member, std::chrono::steady_clock::time_point now) {
    std::lock_guard lock(member.outbox_mutex);
    const long before = member.outbox.backlog();
    member.outbox.listed = member.outbox.flush(*member.conn, now) == Outbox::Flushed::kSocketFull;
    waiting_ += member.outbox.backlog() - before;
    return member.outbox.listed;
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<MemberPtr> listed_;
  std::atomic<long> waiting_ = 0;
};
