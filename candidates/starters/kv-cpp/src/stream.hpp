#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>

/// The other side closed, was reset, or took too long.
class StreamEnded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Deadline = std::chrono::steady_clock::time_point;
using Headers = std::map<std::string, std::string>;

/// A connected socket that reads and writes HTTP, each step until a deadline. It owns the descriptor.
class Stream {
 public:
  explicit Stream(int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void set_deadline(Deadline deadline) { deadline_ = deadline; }
  /// Whether anything has come, or the other side has closed.
  bool is_readable() const;
  /// Waits for the first byte of what comes next; false when the other side closed or the deadline came.
  bool wait_for_more();
  void write(const std::string& bytes);

  /// One line without its end.
  std::string read_line();
  /// Header lines up to the empty one; names in small letters.
  Headers read_headers();
  std::string read_exactly(std::size_t size);
  /// The body that these headers announce. Throws a Refusal where it is too long or malformed.
  std::string read_body(const Headers& headers, std::size_t limit);

 private:
  std::string read_chunks(std::size_t limit);
  void fill();

  int fd_;
  Deadline deadline_;
  std::string buffer_;
  std::size_t start_ = 0;
};
