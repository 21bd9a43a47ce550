#pragma once

// Your part. Everything else in this folder is done and works.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "peer.hpp"
#include "refusal.hpp"

/// The store of one node. Every connection has a thread of its own: any method may run at the same time as any other, and
/// as itself. A `Refusal` that is thrown is answered with its status; any other exception becomes a 500.
class Store {
 public:
  /// `name`: this node's. `folder`: where it may keep files; it exists. `peers`: the others, whether they are up or not.
  Store(std::string name, std::filesystem::path folder, std::vector<PeerPtr> peers)
      : name_(std::move(name)), folder_(std::move(folder)), peers_(std::move(peers)) {}

  /// Called once. Clients get 503 until it has returned; other nodes reach `handle_peer` from the beginning.
  void start() {
    // TODO: load what was saved, and get what the others have.
  }

  /// The value of a key, or nothing where there is none.
  std::optional<std::string> get([[maybe_unused]] const std::string& key) {
    throw not_written();  // TODO
  }

  /// Once this returns, the client is told that the value is stored.
  void set([[maybe_unused]] const std::string& key, [[maybe_unused]] std::string value) {
    throw not_written();  // TODO
  }

  /// Once this returns, the client is told that the key is gone.
  void remove([[maybe_unused]] const std::string& key) {
    throw not_written();  // TODO
  }

  /// Another node has called `peer->ask(path, message)` on us; what this returns is its answer.
  std::string handle_peer([[maybe_unused]] const std::string& path, [[maybe_unused]] const std::string& message) {
    throw not_written();  // TODO
  }

  /// The node is told to end (SIGTERM). No request is under way any more, and none will come.
  void stop() {
    // TODO: save what is not saved yet.
  }

 private:
  std::string name_;
  std::filesystem::path folder_;
  std::vector<PeerPtr> peers_;
};
