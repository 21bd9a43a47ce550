#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "stream.hpp"

constexpr char kPeerPrefix[] = "/peer/";
constexpr std::size_t kMaxPeerMessageBytes = 64 << 20;

/// Another node of the cluster, as this one reaches it. It can be used from many threads at once.
class Peer {
 public:
  Peer(std::string name, std::string host, std::string port) : name_(std::move(name)), host_(std::move(host)), port_(std::move(port)) {}

  const std::string& name() const { return name_; }

  /// Sends a message to the peer's `handle_peer` and returns its answer. `path` is yours to choose: small letters and `-`.
  /// Throws std::runtime_error when the peer cannot be reached, does not answer in time, or answers with an error.
  std::string ask(const std::string& path, const std::string& message, std::chrono::milliseconds timeout = std::chrono::seconds(2));

 private:
  std::unique_ptr<Stream> take(Deadline deadline);

  std::string name_, host_, port_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Stream>> idle_;
};

using PeerPtr = std::shared_ptr<Peer>;

/// The peers in a list such as `a=127.0.0.2:7000,b=127.0.0.3:7000`, without the node itself.
std::vector<PeerPtr> parse_peers(const std::string& list, const std::string& own_name);
