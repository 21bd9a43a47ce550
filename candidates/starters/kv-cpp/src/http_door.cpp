#include "http_door.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>
#include <sstream>
#include <thread>

#include "key_path.hpp"

namespace {

constexpr char kKeyPrefix[] = "/kv/";
constexpr std::size_t kMaxValueBytes = 1 << 20;
constexpr int kMaxConnections = 1000;
constexpr auto kIdleTime = std::chrono::seconds(60);
constexpr auto kRequestTime = std::chrono::seconds(20);
constexpr auto kDrainTime = std::chrono::seconds(2);

std::string response(int status, const std::string& body, bool closes) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + (status < 300 ? " OK" : " Refused") + "\r\n";
  if (status != 204) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return head + (closes ? "Connection: close\r\n\r\n" : "\r\n") + body;
}

bool starts_with(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

HttpDoor::HttpDoor(Store& store, const std::string& host, const std::string& port) : store_(store) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("cannot find " + host);
  listener_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool listens = bind(listener_, found->ai_addr, found->ai_addrlen) == 0 && listen(listener_, 4096) == 0;
  freeaddrinfo(found);
  if (!listens) throw std::runtime_error("cannot listen on " + host + ":" + port);
}

void HttpDoor::accept_connections() {
  for (;;) {
    int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      // No descriptor is left, say: there will be one again.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (++connections_ <= kMaxConnections) {
      try {
        std::thread([this, fd] { serve_connection(fd); }).detach();
        continue;
      } catch (const std::system_error&) {
        // No thread is left: the client is told, as if there were too many.
      }
    }
    --connections_;
    std::string busy = response(503, "", true);
    send(fd, busy.data(), busy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(fd);
  }
}

void HttpDoor::close() {
  is_ending_ = true;
  auto deadline = std::chrono::steady_clock::now() + kDrainTime;
  while (under_way_ > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void HttpDoor::serve_connection(int fd) {
  {
    Stream stream(fd);
    bool goes_on = true;
    while (goes_on) {
      stream.set_deadline(std::chrono::steady_clock::now() + kIdleTime);
      if (!stream.wait_for_more()) break;
      stream.set_deadline(std::chrono::steady_clock::now() + kRequestTime);
      try {
        goes_on = serve_request(stream);
      } catch (const StreamEnded&) {
        goes_on = false;
      }
    }
  }
  --connections_;
}

bool HttpDoor::serve_request(Stream& stream) {
  Request request;
  bool is_body_read = false;
  std::string answer;
  ++under_way_;
  try {
    std::istringstream line(stream.read_line());
    std::string version, more;
    if (!(line >> request.method >> request.target >> version) || line >> more || !starts_with(version, "HTTP/1.")) {
      throw Refusal(400, "Expected a line such as GET /kv/key HTTP/1.1.");
    }
    request.headers = stream.read_headers();
    bool has_body = request.headers.count("transfer-encoding") != 0 || request.headers.count("content-length") != 0;
    is_body_read = !has_body;
    if (is_ending_) throw unavailable("This node is ending.");
    answer = answer_to(stream, request, is_body_read);
  } catch (const Refusal& refusal) {
    answer = response(refusal.status(), std::string(refusal.what()) + "\n", !is_body_read);
  } catch (const StreamEnded&) {
    --under_way_;
    throw;
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << std::endl;
    answer = response(500, "The request failed.\n", !is_body_read);
  }
  --under_way_;
  stream.write(answer);
  auto connection = request.headers.find("connection");
  return is_body_read && !(connection != request.headers.end() && connection->second == "close");
}

std::string HttpDoor::answer_to(Stream& stream, const Request& request, bool& is_body_read) {
  const std::string& target = request.target;
  if (starts_with(target, kKeyPrefix)) return serve_key(stream, request, parse_key(target.substr(sizeof kKeyPrefix - 1)), is_body_read);
  if (starts_with(target, kPeerPrefix)) {
    std::string path = target.substr(sizeof kPeerPrefix - 1);
    if (path.empty() || path.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string::npos) throw Refusal(404, "Expected a path of small letters.");
    if (request.method != "POST") throw Refusal(405, "Expected POST.");
    std::string message = stream.read_body(request.headers, kMaxPeerMessageBytes);
    is_body_read = true;
    return response(200, store_.handle_peer(path, message), false);
  }
  if (target != "/health") throw Refusal(404, "Expected /kv/{key} or /health.");
  if (request.method != "GET") throw Refusal(405, "Expected GET.");
  if (!serves_clients_) throw unavailable("This node is starting.");
  return response(200, "", false);
}

std::string HttpDoor::serve_key(Stream& stream, const Request& request, const std::string& key, bool& is_body_read) {
  if (request.method != "GET" && request.method != "PUT" && request.method != "DELETE") throw Refusal(405, "Expected GET, PUT or DELETE.");
  if (!serves_clients_) throw unavailable("This node is starting.");
  if (request.method == "PUT" && request.headers.count("expect") != 0) stream.write("HTTP/1.1 100 Continue\r\n\r\n");
  std::string body = stream.read_body(request.headers, kMaxValueBytes);
  is_body_read = true;
  if (request.method == "GET") {
    auto value = store_.get(key);
    if (!value) throw Refusal(404, "No such key.");
    return response(200, *value, false);
  }
  if (request.method == "PUT") store_.set(key, std::move(body));
  else store_.remove(key);
  return response(204, "", false);
}
