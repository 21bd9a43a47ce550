#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// A small JSON reader and the writing of strings, since the standard library has neither.
namespace json {

struct Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;

struct Value {
  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> held;

  /// The field of an object, the last one where a name comes twice; null where there is none.
  const Value* field(std::string_view name) const;
};

/// Reads one JSON value from UTF-8 text. Throws std::invalid_argument, whose text says what is wrong.
Value parse(std::string_view text);

/// Appends UTF-8 text as a JSON string, quotes included.
void write_string(std::string_view text, std::string& out);

}  // namespace json
