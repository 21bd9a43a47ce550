#pragma once

#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// A map that may be used from any thread.
template <typename Key, typename Value>
class SynchronizedMap {
 public:
  bool contains(const Key& key) {
    std::lock_guard lock(mutex_);
    return map_.contains(key);
  }

  /// A value made by default where there is none.
  Value get(const Key& key) {
    std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    return found == map_.end() ? Value() : found->second;
  }

  void put(const Key& key, Value value) {
    std::lock_guard lock(mutex_);
    map_[key] = std::move(value);
  }

  Value get_or_put(const Key& key, Value value) {
    std::lock_guard lock(mutex_);
    return map_.try_emplace(key, std::move(value)).first->second;
  }

  void remove(const Key& key) {
    std::lock_guard lock(mutex_);
    map_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Key, Value> map_;
};

/// A set that may be used from any thread.
template <typename Value>
class SynchronizedSet {
 public:
  void insert(const Value& value) {
    std::lock_guard lock(mutex_);
    set_.insert(value);
  }

  void erase(const Value& value) {
    std::lock_guard lock(mutex_);
    set_.erase(value);
  }

  std::vector<Value> copy() {
    std::lock_guard lock(mutex_);
    return {set_.begin(), set_.end()};
  }

 private:
  std::mutex mutex_;
  std::unordered_set<Value> set_;
};
