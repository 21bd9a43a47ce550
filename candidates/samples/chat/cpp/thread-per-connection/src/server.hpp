#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chat_server.hpp"
#include "connection.hpp"
#include "line_splitter.hpp"
#include "worker.hpp"

/// Accepts connections on one thread, watches all of them on another, and gives each a thread of its own that calls its handlers.
class Server {
 public:
  /// Throws std::runtime_error where the address cannot be had.
  Server(const std::string& host, const std::string& port);

  [[noreturn]] void run();

 private:
  struct Client {
    ConnectionPtr conn;
    LineSplitter lines;
    std::shared_ptr<Worker> worker;
  };

  void accept_one();
  [[noreturn]] void read_all();
  void on_event(std::uint64_t id, std::uint32_t events);
  void resume_paused();
  void take_requests(Client& client);
  void start_request(const Client& client, std::string line);
  void end(std::uint64_t id);
  Client* find(std::uint64_t id);
  void wake_to_resume(std::uint64_t id);

  ChatServer chat_;
  int listener_ = -1;
  int epoll_ = -1;
  int wake_ = -1;

  /// Guards the two below. A Client itself is used by the reading thread alone, which is also the one that removes it.
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<std::uint64_t> to_resume_;
};
