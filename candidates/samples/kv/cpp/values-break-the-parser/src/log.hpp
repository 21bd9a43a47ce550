#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "entry.hpp"

/// The node's only file: a line of text for each write, with tabs in between. One thread at a time.
class Log {
 public:
  explicit Log(const std::filesystem::path& folder) : path_(folder / "log") {}

  /// Hands over what is on disk.
  template <typename Take>
  void load(Take take) {
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      std::istringstream fields(line);
      std::string command, time, key;
      Entry entry;
      std::getline(fields, command, '\t');
      std::getline(fields, time, '\t');
      std::getline(fields, entry.origin, '\t');
      std::getline(fields, key, '\t');
      std::getline(fields, entry.value);
      if ((command != "SET" && command != "DEL") || key.empty()) continue;
      entry.time = std::strtoll(time.c_str(), nullptr, 10);
      entry.is_deleted = command == "DEL";
      take(key, std::make_shared<const Entry>(std::move(entry)));
    }
  }

  /// Whether most of a large file has been superseded.
  bool is_worn() const { return length_ > kMinWornBytes && length_ > 4 * begun_with_; }

  /// Writes the file anew without what has been superseded, and goes on from there.
  void begin(const Entries& entries) {
    auto temporary = path_;
    temporary += ".new";
    int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) fail();
    std::swap(fd, fd_);
    off_t length = std::exchange(length_, 0);
    try {
      for (const auto& [key, entry] : entries) append(key, *entry);
      sync();
      std::filesystem::rename(temporary, path_);
    } catch (...) {
      std::swap(fd, fd_);
      length_ = length;
      close(fd);
      throw;
    }
    begun_with_ = length_;
    if (fd >= 0) close(fd);
  }

  /// Always writes at the end of what is whole, so that an attempt that failed is written over.
  void append(const std::string& key, const Entry& entry) {
    std::string bytes = entry.is_deleted ? "DEL\t" : "SET\t";
    bytes += std::to_string(entry.time) + '\t' + entry.origin + '\t' + key + '\t' + entry.value.c_str() + '\n';
    std::size_t written = 0;
    while (written < bytes.size()) {
      ssize_t count = pwrite(fd_, bytes.data() + written, bytes.size() - written, length_ + static_cast<off_t>(written));
      if (count < 0 && errno != EINTR) fail();
      if (count > 0) written += static_cast<std::size_t>(count);
    }
    length_ += static_cast<off_t>(written);
  }

  void sync() {
    if (fsync(fd_) != 0) fail();
  }

 private:
  static constexpr off_t kMinWornBytes = 64 << 20;

  [[noreturn]] void fail() { throw std::system_error(errno, std::generic_category(), path_.string()); }

  std::filesystem::path path_;
  int fd_ = -1;
  off_t length_ = 0;
  off_t begun_with_ = 0;
};
