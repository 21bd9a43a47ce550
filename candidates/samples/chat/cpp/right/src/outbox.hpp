#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <vector>

#include "connection.hpp"
#include "message.hpp"

/// What is due to one connection. The messages themselves are shared by all their receivers. Its owner guards it by a lock.
class Outbox {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Flushed { kEmpty, kSocketFull };

  /// In the delivery's list already.
  bool listed = false;

  /// False when the connection is gone and nothing was queued.
  bool push(const MessagePtr& message) {
    if (closed_) return false;
    bytes_ += message->line.size();
    waiting_.push_back(message);
    return true;
  }

  /// Writes batches until nothing waits or the socket takes no more. A reader that has used up its patience is disconnected.
  Flushed flush(Connection& conn, Time now) {
    try {
      while (!waiting_.empty()) {
        const std::vector<MessagePtr> batch = next_batch();
        if (!conn.try_write_batch(batch)) {
          if (!full_since_) full_since_ = now;
          if (!is_too_slow(now - *full_since_)) return Flushed::kSocketFull;
          conn.close();
          close();
          break;
        }
        full_since_.reset();
        for (const MessagePtr& message : batch) bytes_ -= message->line.size();
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<long>(batch.size()));
      }
    } catch (const Closed&) {
      close();
    }
    return Flushed::kEmpty;
  }

  void close() {
    closed_ = true;
    waiting_.clear();
    waiting_.shrink_to_fit();
    bytes_ = 0;
    full_since_.reset();
  }

  /// How many messages wait for the server, not for a reader whose socket is full.
  long backlog() const { return full_since_ ? 0 : static_cast<long>(waiting_.size()); }

 private:
  /// One batch holds at most this much, so that a slow reader's unfinished line stays small.
  static constexpr std::size_t kBatchBytes = 64 * 1024;
  /// A reader whose socket is full may have this much waiting for a while ...
  static constexpr std::size_t kPatientBytes = 4 * 1024 * 1024;
  /// ... this long, ...
  static constexpr auto kPatience = std::chrono::seconds(3);
  /// ... and any amount below the last limit this long.
  static constexpr auto kLongestStall = std::chrono::seconds(10);
  /// More than this never waits for anyone.
  static constexpr std::size_t kMostBytes = 12 * 1024 * 1024;

  std::vector<MessagePtr> next_batch() const {
    std::vector<MessagePtr> batch;
    std::size_t bytes = 0;
    for (const MessagePtr& message : waiting_) {
      bytes += message->line.size();
      if (bytes > kBatchBytes && !batch.empty()) break;
      batch.push_back(message);
    }
    return batch;
  }

  bool is_too_slow(std::chrono::steady_clock::duration stalled) const {
    return stalled >= kLongestStall || bytes_ > kMostBytes || (bytes_ > kPatientBytes && stalled >= kPatience);
  }

  std::deque<MessagePtr> waiting_;
  std::size_t bytes_ = 0;
  /// Since when the socket has taken nothing.
  std::optional<Time> full_since_;
  bool closed_ = false;
};
