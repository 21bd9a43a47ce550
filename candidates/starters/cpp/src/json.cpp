#include "json.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <stdexcept>

namespace json {
namespace {

/// Arrays and objects inside one another, at most.
constexpr int kMaxDepth = 64;

[[noreturn]] void fail(const std::string& reason) { throw std::invalid_argument(reason); }

/// The length of the UTF-8 character that `text` begins with, or 0 where it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) -> std::uint32_t { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  std::uint32_t code = first & (0x7f >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(at) & 0x3f);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = first >= 0xc0 && first < 0xf8 && code >= kSmallest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? length : 0;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Value whole() {
    Value value = next(0);
    skip_space();
    if (!rest_.empty()) fail("Expected one JSON value a line, got more after it");
    return value;
  }

 private:
  Value next(int depth) {
    if (depth > kMaxDepth) fail("Expected at most 64 levels of nesting, got more");
    skip_space();
    const char first = rest_.empty() ? '\0' : rest_.front();
    if (first == '{') return {object(depth)};
    if (first == '[') return {array(depth)};
    if (first == '"') return {string()};
    if (first == '-' || (first >= '0' && first <= '9')) return {number()};
    if (take_word("true")) return {true};
    if (take_word("false")) return {false};
    if (take_word("null")) return {nullptr};
    fail("Expected a JSON value, got something else");
  }

  Object object(int depth) {
    Object fields;
    expect('{');
    if (take('}')) return fields;
    do {
      skip_space();
      std::string name = string();
      expect(':');
      fields.emplace_back(std::move(name), next(depth + 1));
    } while (take(','));
    expect('}');
    return fields;
  }

  Array array(int depth) {
    Array items;
    expect('[');
    if (take(']')) return items;
    do {
      items.push_back(next(depth + 1));
    } while (take(','));
    expect(']');
    return items;
  }

  std::string string() {
    if (rest_.empty() || rest_.front() != '"') fail("Expected a string in quotes, got something else");
    rest_.remove_prefix(1);
    std::string text;
    for (;;) {
      if (rest_.empty()) fail("Expected the string to end, got the end of the line");
      const char first = rest_.front();
      if (first == '"') break;
      if (static_cast<unsigned char>(first) < 0x20) fail("Expected control characters to be escaped, got a bare one");
      if (first == '\\') {
        escape(text);
        continue;
      }
      const std::size_t length = character_length(rest_);
      if (length == 0) fail("Expected UTF-8, got other bytes");
      text.append(rest_.substr(0, length));
      rest_.remove_prefix(length);
    }
    rest_.remove_prefix(1);
    return text;
  }

  void escape(std::string& text) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (rest_.size() < 2) fail("Expected the string to end, got the end of the line");
    const char name = rest_[1];
    if (name == 'u') {
      append_utf8(code_point(), text);
      return;
    }
    const std::size_t known = kNames.find(name);
    if (known == std::string_view::npos) fail("Expected an escape that JSON knows, got another");
    text.push_back(kMeanings[known]);
    rest_.remove_prefix(2);
  }

  /// The character of a \uXXXX escape, or of two that make a surrogate pair. Half a pair becomes U+FFFD.
  std::uint32_t code_point() {
    const std::uint32_t first = hex();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first < 0xdc00 && rest_.substr(0, 2) == "\\u") {
      const std::string_view before = rest_;
      const std::uint32_t second = hex();
      if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
      rest_ = before;
    }
    return 0xfffd;
  }

  std::uint32_t hex() {
    std::uint32_t code = 0;
    const std::string_view digits = rest_.substr(2, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) fail("Expected four hexadecimal digits after \\u, got others");
    rest_.remove_prefix(6);
    return code;
  }

  double number() {
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::invalid_argument) fail("Expected a number, got something like one");
    if (error == std::errc::result_out_of_range) value = std::numeric_limits<double>::infinity();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool take(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!take(wanted)) fail(std::string("Expected '") + wanted + "' in the JSON, got something else");
  }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  std::string_view rest_;
};

}  // namespace

const Value* Value::field(std::string_view name) const {
  const auto* object = std::get_if<Object>(&held);
  if (object == nullptr) return nullptr;
  for (auto it = object->rbegin(); it != object->rend(); ++it) {
    if (it->first == name) return &it->second;
  }
  return nullptr;
}

Value parse(std::string_view text) { return Parser(text).whole(); }

void write_string(std::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out.push_back(c);
        } else {
          char escaped[8];
          std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
          out += escaped;
        }
    }
  }
  out.push_back('"');
}

}  // namespace json
