#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// Cuts a stream of bytes into lines, wherever the reads happened to cut it.
class LineSplitter {
 public:
  /// The longest line, in bytes, without its line feed.
  static constexpr std::size_t kMaxLineBytes = 1024 * 1024;

  struct LineTooLong : std::runtime_error {
    LineTooLong() : std::runtime_error("Expected a line of at most 1 MiB, got a longer one") {}
  };

  void push(std::string_view bytes) { buffer_.append(bytes); }

  /// The next whole line without its line feed, or nothing until more bytes come. The same line again until it is taken;
  /// valid until then. Throws LineTooLong.
  std::optional<std::string_view> peek() {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      drop_taken_lines();
      if (buffer_.size() > kMaxLineBytes) throw LineTooLong();
      return std::nullopt;
    }
    searched_ = end;
    if (end - start_ > kMaxLineBytes) throw LineTooLong();
    return std::string_view(buffer_).substr(start_, end - start_);
  }

  /// Goes on to the line after the one that peek() has shown.
  void take() { start_ = ++searched_; }

 private:
  /// What an empty buffer may keep for the next line; a long line's memory is given back.
  static constexpr std::size_t kKeptBytes = 16 * 1024;

  void drop_taken_lines() {
    buffer_.erase(0, start_);
    start_ = 0;
    searched_ = buffer_.size();
    if (buffer_.empty() && buffer_.capacity() > kKeptBytes) buffer_.shrink_to_fit();
  }

  std::string buffer_;
  /// Where the next line begins.
  std::size_t start_ = 0;
  /// Everything before this was searched for a line feed already, so that a line that comes byte by byte costs no more.
  std::size_t searched_ = 0;
};
