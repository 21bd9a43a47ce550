#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "message.hpp"

/// What is due to one connection.
class Outbox {
 public:
  explicit Outbox(ConnectionPtr conn) : conn_(std::move(conn)) {}

  /// True when the writer has to be told of it.
  bool push(const MessagePtr& message) {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    waiting_.push_back(*message);
    return !std::exchange(listed_, true);
  }

  /// Writes until nothing waits or the socket is full. True when something still waits.
  bool flush() {
    std::lock_guard lock(mutex_);
    try {
      while (!waiting_.empty()) {
        if (!conn_->try_write_message(waiting_.front())) return true;
        waiting_.pop_front();
      }
    } catch (const Closed&) {
      waiting_.clear();
    }
    listed_ = false;
    return false;
  }

  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }

 private:
  const ConnectionPtr conn_;
  std::mutex mutex_;
  std::deque<Message> waiting_;
  bool listed_ = false;
  bool closed_ = false;
};

using OutboxPtr = std::shared_ptr<Outbox>;

/// One thread that flushes outboxes, and comes back to those whose sockets are full.
class Writer {
 public:
  Writer() {
    std::thread([this] { work(); }).detach();
  }

  void add(const OutboxPtr& outbox) {
    std::lock_guard lock(mutex_);
    added_.push_back(outbox);
    changed_.notify_one();
  }

 private:
  static constexpr auto kRetry = std::chrono::milliseconds(20);

  [[noreturn]] void work() {
    std::vector<OutboxPtr> full;
    auto retry_at = std::chrono::steady_clock::now();
    for (;;) {
      std::vector<OutboxPtr> fresh = take_added(!full.empty());
      for (const OutboxPtr& outbox : fresh) {
        if (outbox->flush()) full.push_back(outbox);
      }
      if (std::chrono::steady_clock::now() < retry_at) continue;
      std::erase_if(full, [](const OutboxPtr& outbox) { return !outbox->flush(); });
      retry_at = std::chrono::steady_clock::now() + kRetry;
    }
  }

  std::vector<OutboxPtr> take_added(bool some_are_full) {
    std::unique_lock lock(mutex_);
    const auto added = [this] { return !added_.empty(); };
    if (some_are_full) {
      changed_.wait_for(lock, kRetry, added);
    } else {
      changed_.wait(lock, added);
    }
    return std::exchange(added_, {});
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<OutboxPtr> added_;
};
