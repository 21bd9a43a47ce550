#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "message.hpp"

/// From a line to a request, and the server's short replies.
namespace protocol {

struct Join {
  std::uint64_t id;
  std::vector<std::string> channels;
};

struct Send {
  MessagePtr message;
};

struct Hello {
  std::uint64_t id;
  std::string username;
};

/// A blank line, or a type that this server does not know.
struct Nothing {};

using Request = std::variant<Nothing, Join, Send, Hello>;
using Id = std::optional<std::uint64_t>;

/// A line that is no request, with its id where that much could be read.
struct BadRequest : std::runtime_error {
  BadRequest(Id request_id, const std::string& reason) : std::runtime_error(reason), id(request_id) {}
  Id id;
};

/// Throws BadRequest.
Request parse_request(std::string_view line);

std::string joined(std::uint64_t id);
std::string welcome(std::uint64_t id);
std::string shed(std::uint64_t id);
std::string error(Id id, std::string_view reason);

}  // namespace protocol
