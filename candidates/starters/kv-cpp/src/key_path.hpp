#pragma once

#include <string>

/// The key in a path, which is taken as it was sent: a raw `/`, `?` or `#` is not part of a key. Throws a Refusal.
std::string parse_key(const std::string& encoded);
