#include "key_path.hpp"

#include <cctype>

#include "refusal.hpp"

namespace {

constexpr std::size_t kMaxKeyBytes = 256;

Refusal malformed() { return {400, "Expected /kv/ and a percent-encoded key in UTF-8."}; }

bool is_utf8(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    unsigned char first = static_cast<unsigned char>(text[at]);
    std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t next = 1; next < length; ++next) {
      if ((static_cast<unsigned char>(text[at + next]) & 0xc0) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

}  // namespace

std::string parse_key(const std::string& encoded) {
  if (encoded.empty() || encoded.find_first_of("/?#") != std::string::npos) throw malformed();
  std::string key;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '%') {
      key += encoded[at];
      continue;
    }
    bool is_escape = at + 2 < encoded.size() && std::isxdigit(static_cast<unsigned char>(encoded[at + 1])) && std::isxdigit(static_cast<unsigned char>(encoded[at + 2]));
    if (!is_escape) throw malformed();
    key += static_cast<char>(std::stoi(encoded.substr(at + 1, 2), nullptr, 16));
    at += 2;
  }
  if (!is_utf8(key)) throw malformed();
  if (key.size() > kMaxKeyBytes) throw Refusal(414, "Expected a key of at most 256 bytes.");
  return key;
}
