#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entry.hpp"
#include "peer.hpp"

/// What a replica needs of the store.
struct Data {
  std::function<EntryPtr(const std::string& key)> find;
  std::function<Entries()> copy;
  std::function<void(const std::string& records)> take;
};

/// Keeps one peer up to date, and us with it.
class Replica {
 public:
  Replica(PeerPtr peer, std::string own_name, Data data) : peer_(std::move(peer)), own_name_(std::move(own_name)), data_(std::move(data)) {}

  /// Tries to get and give what is missing, before the node serves.
  void first_compare() {
    for (int tries = 0; tries < kFirstTries && !is_in_sync_; ++tries) {
      try {
        compare();
      } catch (const std::runtime_error&) {
        std::this_thread::sleep_for(kRetryTime);
      }
    }
  }

  void run() {
    auto compared_at = std::chrono::steady_clock::now();
    for (;;) {
      try {
        bool is_due = !pushes_to_us_ && std::chrono::steady_clock::now() - compared_at >= kIdleTime;
        if (!is_in_sync_ || is_due) {
          compare();
          compared_at = std::chrono::steady_clock::now();
        }
        send_changed();
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, kIdleTime, [this] { return !changed_.empty(); });
      } catch (const std::runtime_error&) {
        is_in_sync_ = false;
        std::this_thread::sleep_for(kRetryTime);
      }
    }
  }

  /// Only the key waits: whatever value it has by then is sent.
  void push(const std::string& key) {
    std::lock_guard lock(mutex_);
    changed_.insert(key);
    wake_.notify_one();
  }

 private:
  static constexpr std::size_t kBatchBytes = 1 << 20;
  static constexpr auto kIdleTime = std::chrono::seconds(1);
  static constexpr auto kRetryTime = std::chrono::milliseconds(250);
  static constexpr int kFirstTries = 3;

  /// Exchanges whatever one of us has newer than the other.
  void compare() {
    {
      std::lock_guard lock(mutex_);
      changed_.clear();
    }
    std::string answer = peer_->ask("list", own_name_);
    Reader reader(answer);
    pushes_to_us_ = reader.number() != 0;
    std::unordered_map<std::string, Entry> theirs;
    Writer wanted;
    std::size_t bytes = 0;
    while (reader.has_more()) {
      std::string key = reader.text();
      Entry entry;
      entry.time = reader.number();
      entry.origin = reader.text();
      bytes += static_cast<std::size_t>(reader.number()) + key.size();
      EntryPtr ours = data_.find(key);
      if (!ours || entry.is_newer_than(*ours)) wanted.text(key);
      theirs.emplace(std::move(key), std::move(entry));
      if (bytes < kBatchBytes) continue;
      fetch(wanted);
      wanted = Writer();
      bytes = 0;
    }
    fetch(wanted);
    for (const auto& [key, entry] : data_.copy()) {
      auto known = theirs.find(key);
      if (known == theirs.end() || entry->is_newer_than(known->second)) push(key);
    }
    send_changed();
    is_in_sync_ = true;
  }

  void fetch(const Writer& wanted) {
    if (!wanted.bytes().empty()) data_.take(peer_->ask("fetch", wanted.bytes()));
  }

  void send_changed() {
    for (std::string records = next_records(); !records.empty(); records = next_records()) peer_->ask("entries", records);
  }

  std::string next_records() {
    Writer records;
    std::lock_guard lock(mutex_);
    while (!changed_.empty() && records.bytes().size() < kBatchBytes) {
      std::string key = *changed_.begin();
      changed_.erase(changed_.begin());
      if (EntryPtr entry = data_.find(key)) records.entry(key, *entry);
    }
    return records.bytes();
  }

  PeerPtr peer_;
  std::string own_name_;
  Data data_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::set<std::string> changed_;
  bool is_in_sync_ = false;
  bool pushes_to_us_ = true;
};
