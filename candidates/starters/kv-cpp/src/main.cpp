// Starts one node, as the environment says: NODE, HOST, PORT, PEERS and DATA_DIR.

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>

#include "http_door.hpp"
#include "peer.hpp"
#include "store.hpp"

static std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

int main() {
  // A file that may grow no further is an error for whoever writes it, not the end of the process.
  signal(SIGXFSZ, SIG_IGN);
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  try {
    std::string name = environment("NODE", "a");
    std::filesystem::path folder = environment("DATA_DIR", "data");
    std::filesystem::create_directories(folder);
    Store store(name, folder, parse_peers(environment("PEERS", ""), name));
    HttpDoor door(store, environment("HOST", "127.0.0.1"), environment("PORT", "7000"));
    std::thread([&door] { door.accept_connections(); }).detach();
    store.start();
    door.serve_clients();
    int signal_number = 0;
    sigwait(&ending, &signal_number);
    door.close();
    store.stop();
    _exit(0);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << std::endl;
    _exit(1);
  }
}
