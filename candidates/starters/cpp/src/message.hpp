#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// A chat message, on its way from a `send` to the members of its channel.
struct Message {
  Message(std::string channel, std::string body, std::optional<std::uint64_t> id);

  const std::string channel;
  const std::string body;
  /// Only there where the sender allows the server to drop the message under overload (see Connection::write_shed).
  const std::optional<std::uint64_t> id;
  /// The message as a receiver gets it, a JSON object and a line feed; written once however many receivers there are.
  const std::string line;

  /// The same without the line feed.
  std::string_view json() const { return std::string_view(line).substr(0, line.size() - 1); }
};

using MessagePtr = std::shared_ptr<const Message>;
