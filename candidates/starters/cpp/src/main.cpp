// Starts the server on HOST and PORT.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "server.hpp"

namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

}  // namespace

int main() {
  std::signal(SIGTERM, [](int) { ::_exit(0); });
  const std::string host = from_environment("HOST", "127.0.0.1");
  const std::string port = from_environment("PORT", "7000");
  try {
    Server server(host, port);
    std::cout << "listening on " << host << ":" << port << std::endl;
    server.run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
