#pragma once

#include <stdexcept>
#include <string>

/// An exception that is answered with a status of its own.
class Refusal : public std::runtime_error {
 public:
  Refusal(int status, const std::string& message) : std::runtime_error(message), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

/// This node cannot serve the request now: 503. The client may try another node, or again later.
inline Refusal unavailable(const std::string& message = "This node cannot serve the request now.") { return {503, message}; }

/// What has not been written yet: 501.
inline Refusal not_written() { return {501, "Not written yet."}; }
