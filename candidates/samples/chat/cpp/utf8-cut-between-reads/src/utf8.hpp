#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// How many of the first bytes of `text` make one character; 0 where they make none.
inline std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || length > text.size()) return 0;
  const auto continues = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; };
  return std::all_of(text.begin() + 1, text.begin() + static_cast<long>(length), continues) ? length : 0;
}

/// The text with every byte that is not UTF-8 replaced by U+FFFD, so that the rest of the server can rely on it.
inline std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    valid += length == 0 ? "\xef\xbf\xbd" : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}
