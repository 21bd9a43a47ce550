#include "protocol.hpp"

#include <cmath>

#include "json.hpp"

namespace {

using protocol::BadRequest;
using protocol::Id;

constexpr double kMaxId = 9007199254740991.0;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxBodyBytes = 16 * 1024;

Id read_id(const json::Value& request) {
  const json::Value* field = request.field("id");
  if (field == nullptr) return std::nullopt;
  const double* id = std::get_if<double>(&field->held);
  if (id == nullptr || !(*id >= 0 && *id <= kMaxId) || *id != std::floor(*id)) {
    throw BadRequest(std::nullopt, "Expected id to be a whole number from 0 to 2^53-1, got something else");
  }
  return static_cast<std::uint64_t>(*id);
}

std::uint64_t required(Id id) {
  if (!id) throw BadRequest(std::nullopt, "Expected an id, got none");
  return *id;
}

std::string text(const json::Value* value, const std::string& name, std::size_t max_bytes, Id id) {
  const std::string* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->held);
  if (text == nullptr) throw BadRequest(id, "Expected " + name + " to be a string, got something else");
  if (text->size() > max_bytes) {
    throw BadRequest(id, "Expected " + name + " to have at most " + std::to_string(max_bytes) + " bytes, got " + std::to_string(text->size()));
  }
  return *text;
}

std::vector<std::string> names(const json::Value& request, Id id) {
  const json::Value* field = request.field("channels");
  const json::Array* items = field == nullptr ? nullptr : std::get_if<json::Array>(&field->held);
  if (items == nullptr) throw BadRequest(id, "Expected channels to be an array of names, got something else");
  std::vector<std::string> names;
  names.reserve(items->size());
  for (const json::Value& item : *items) names.push_back(text(&item, "a channel", kMaxNameBytes, id));
  return names;
}

protocol::Request to_request(const json::Value& value) {
  const Id id = read_id(value);
  const json::Value* field = value.field("type");
  const std::string* type = field == nullptr ? nullptr : std::get_if<std::string>(&field->held);
  if (type == nullptr) throw BadRequest(id, "Expected an object with a type, got something else");
  if (*type == "join") return protocol::Join{required(id), names(value, id)};
  if (*type == "hello") return protocol::Hello{required(id), text(value.field("username"), "username", kMaxNameBytes, id)};
  if (*type == "send") {
    std::string channel = text(value.field("channel"), "channel", kMaxNameBytes, id);
    std::string body = text(value.field("body"), "body", kMaxBodyBytes, id);
    return protocol::Send{std::make_shared<const Message>(std::move(channel), std::move(body), id)};
  }
  return protocol::Nothing{};
}

std::string message_line(const std::string& channel, const std::string& body) {
  std::string line = R"({"type":"message","channel":)";
  json::write_string(channel, line);
  line += R"(,"body":)";
  json::write_string(body, line);
  line += "}\n";
  return line;
}

}  // namespace

Message::Message(std::string to_channel, std::string text, std::optional<std::uint64_t> request_id)
    : channel(std::move(to_channel)), body(std::move(text)), id(request_id), line(message_line(channel, body)) {}

namespace protocol {

Request parse_request(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return Nothing{};
  try {
    return to_request(json::parse(line));
  } catch (const std::invalid_argument& error) {
    throw BadRequest(std::nullopt, error.what());
  }
}

std::string joined(std::uint64_t id) { return R"({"type":"joined","id":)" + std::to_string(id) + "}\n"; }

std::string welcome(std::uint64_t id) { return R"({"type":"welcome","id":)" + std::to_string(id) + "}\n"; }

std::string shed(std::uint64_t id) { return R"({"type":"shed","id":)" + std::to_string(id) + "}\n"; }

std::string error(Id id, std::string_view reason) {
  std::string line = R"({"type":"error","message":)";
  json::write_string(reason, line);
  if (id) line += ",\"id\":" + std::to_string(*id);
  return line + "}\n";
}

}  // namespace protocol
