#pragma once

#include <atomic>
#include <string>

#include "store.hpp"
#include "stream.hpp"

/// HTTP for clients and for other nodes, on one port: finds the key or path, reads the body, calls the store, answers.
class HttpDoor {
 public:
  /// Listens; throws where the address is taken.
  HttpDoor(Store& store, const std::string& host, const std::string& port);

  /// Gives every connection a thread of its own; never returns.
  void accept_connections();
  void serve_clients() { serves_clients_ = true; }
  /// Ends: what comes from now on is refused, what is under way is waited for, but not for ever.
  void close();

 private:
  struct Request {
    std::string method, target;
    Headers headers;
  };

  void serve_connection(int fd);
  bool serve_request(Stream& stream);
  std::string answer_to(Stream& stream, const Request& request, bool& is_body_read);
  std::string serve_key(Stream& stream, const Request& request, const std::string& key, bool& is_body_read);

  Store& store_;
  int listener_;
  std::atomic<bool> serves_clients_{false};
  std::atomic<bool> is_ending_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> under_way_{0};
};
