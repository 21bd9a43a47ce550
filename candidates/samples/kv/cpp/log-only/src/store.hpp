#pragma once

#include <atomic>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entry.hpp"
#include "log.hpp"
#include "peer.hpp"
#include "refusal.hpp"
#include "replica.hpp"

/// The store of one node: leaderless, the newest write wins.
class Store {
 public:
  Store(std::string name, std::filesystem::path folder, std::vector<PeerPtr> peers) : name_(std::move(name)), log_(folder) {
    Data data{[this](const std::string& key) { return find(key); }, [this] { return copy(); }, [this](const std::string& records) { take(records); }};
    for (auto& peer : peers) {
      peer_names_.insert(peer->name());
      replicas_.push_back(std::make_unique<Replica>(peer, name_, data));
    }
  }

  void start() {
    log_.load([this](const std::string& key, EntryPtr entry) { merge(key, std::move(entry)); });
    log_.begin(entries_);
    is_loaded_ = true;
    std::thread([this] { sync_now_and_then(); }).detach();
    std::vector<std::thread> comparing;
    for (auto& replica : replicas_) comparing.emplace_back([&replica] { replica->first_compare(); });
    for (auto& thread : comparing) thread.join();
    for (auto& replica : replicas_) std::thread([&replica] { replica->run(); }).detach();
  }

  std::optional<std::string> get(const std::string& key) {
    EntryPtr entry = find(key);
    if (!entry || entry->is_deleted) return std::nullopt;
    return entry->value;
  }

  void set(const std::string& key, std::string value) { write(key, false, std::move(value)); }

  void remove(const std::string& key) { write(key, true, ""); }

  std::string handle_peer(const std::string& path, const std::string& message) {
    if (!is_loaded_) throw unavailable("Still loading.");
    if (path == "list") return list(message);
    if (path == "fetch") return fetched(message);
    if (path != "entries") throw Refusal(404, "Expected list, fetch or entries.");
    take(message);
    return "";
  }

  void stop() {
    std::lock_guard lock(mutex_);
    log_.sync();
  }

 private:
  void write(const std::string& key, bool is_deleted, std::string value) {
    {
      std::lock_guard lock(mutex_);
      auto entry = std::make_shared<Entry>();
      entry->time = clock_.next();
      entry->origin = name_;
      entry->is_deleted = is_deleted;
      entry->value = std::move(value);
      save(key, *entry);
      merge(key, std::move(entry));
    }
    for (auto& replica : replicas_) replica->push(key);
  }

  void take(const std::string& records) {
    std::lock_guard lock(mutex_);
    for (Reader reader(records); reader.has_more();) {
      std::string key = reader.text();
      auto entry = std::make_shared<const Entry>(reader.entry());
      auto ours = entries_.find(key);
      if (ours != entries_.end() && !entry->is_newer_than(*ours->second)) continue;
      save(key, *entry);
      merge(key, std::move(entry));
    }
  }

  void save(const std::string& key, const Entry& entry) {
    try {
      if (log_.is_worn()) log_.begin(entries_);
      log_.append(key, entry);
    } catch (const std::system_error& problem) {
      throw Refusal(507, std::string("The disk takes nothing: ") + problem.what());
    }
  }

  void merge(const std::string& key, EntryPtr entry) {
    clock_.observe(entry->time);
    EntryPtr& ours = entries_[key];
    if (!ours || entry->is_newer_than(*ours)) ours = std::move(entry);
  }

  EntryPtr find(const std::string& key) {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
  }

  Entries copy() {
    std::lock_guard lock(mutex_);
    return entries_;
  }

  std::string list(const std::string& caller) {
    Writer answer;
    answer.number(static_cast<std::int64_t>(peer_names_.count(caller)));
    for (const auto& [key, entry] : copy()) {
      answer.text(key);
      answer.number(entry->time);
      answer.text(entry->origin);
      answer.number(static_cast<std::int64_t>(entry->value.size()));
    }
    return answer.bytes();
  }

  std::string fetched(const std::string& message) {
    Writer records;
    for (Reader reader(message); reader.has_more();) {
      std::string key = reader.text();
      if (EntryPtr entry = find(key)) records.entry(key, *entry);
    }
    return records.bytes();
  }

  void sync_now_and_then() {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      try {
        log_.sync();
      } catch (const std::system_error& problem) {
        std::cerr << problem.what() << std::endl;
      }
    }
  }

  std::string name_;
  Log log_;
  std::set<std::string> peer_names_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::atomic<bool> is_loaded_{false};
  std::mutex mutex_;
  HybridClock clock_;
  Entries entries_;
};
