#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>

/// What is kept of a key: its newest value, or the fact that it was deleted, and when that was.
struct Entry {
  /// Microseconds, by the hybrid clock of the node that took the write.
  std::int64_t time = 0;
  std::string origin;
  bool is_deleted = false;
  std::string value;

  bool is_newer_than(const Entry& other) const { return std::tie(time, origin) > std::tie(other.time, other.origin); }
};

using EntryPtr = std::shared_ptr<const Entry>;
using Entries = std::unordered_map<std::string, EntryPtr>;

/// Wall time, pushed on so that every write is later than all that this node has made or seen before.
class HybridClock {
 public:
  std::int64_t next() {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    last_ = std::max(last_ + 1, static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
    return last_;
  }
  void observe(std::int64_t time) { last_ = std::max(last_, time); }

 private:
  std::int64_t last_ = 0;
};

/// Appends numbers, and texts with their length before them.
class Writer {
 public:
  void number(std::int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(const std::string& value) {
    number(static_cast<std::int64_t>(value.size()));
    bytes_ += value;
  }
  void entry(const std::string& key, const Entry& entry) {
    text(key);
    number(entry.time);
    text(entry.origin);
    number(entry.is_deleted);
    text(entry.value);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a Writer wrote; `is_whole` turns false where it breaks off.
class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}

  bool has_more() const { return is_whole_ && at_ < bytes_.size(); }
  bool is_whole() const { return is_whole_; }
  std::int64_t number() {
    std::int64_t value = 0;
    is_whole_ = is_whole_ && bytes_.size() - at_ >= sizeof value;
    if (!is_whole_) return 0;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string text() {
    auto size = static_cast<std::size_t>(number());
    is_whole_ = is_whole_ && bytes_.size() - at_ >= size;
    if (!is_whole_) return "";
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  /// What follows the key.
  Entry entry() {
    Entry entry;
    entry.time = number();
    entry.origin = text();
    entry.is_deleted = number() != 0;
    entry.value = text();
    return entry;
  }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
  bool is_whole_ = true;
};
