//! A small JSON reader and the writing of strings, since the standard library has neither.

use std::str::Chars;

/// Arrays and objects inside one another, at most.
const MAX_DEPTH: usize = 64;

#[derive(Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Reads one JSON value. The error says in a sentence what is wrong.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut parser = Parser { rest: text };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.rest.is_empty() {
        Ok(value)
    } else {
        Err("Expected one JSON value a line, got more after it".into())
    }
}

impl Value {
    /// The field of an object; the last one where a name comes twice.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(fields) => fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Appends `text` as a JSON string, quotes included.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[copied..at]);
        copied = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => out.push_str(&format!("\\u{byte:04x}")),
        }
    }
    out.push_str(&text[copied..]);
    out.push('"');
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("Expected at most {MAX_DEPTH} levels of nesting, got more"));
        }
        self.skip_space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err("Expected a JSON value, got something else".into()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        let mut fields = Vec::new();
        self.take('{')?;
        if self.take('}').is_ok() {
            return Ok(Value::Object(fields));
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            self.take(':')?;
            fields.push((key, self.value(depth + 1)?));
            if self.take('}').is_ok() {
                return Ok(Value::Object(fields));
            }
            self.take(',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        self.take('[')?;
        if self.take(']').is_ok() {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(']').is_ok() {
                return Ok(Value::Array(items));
            }
            self.take(',')?;
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let body = match self.rest.strip_prefix('"') {
            Some(body) => body,
            None => {
                return Err("Expected a string in quotes, got something else".into());
            }
        };
        let mut text = String::new();
        let mut chars = body.chars();
        loop {
            match chars.next() {
                None => return Err("Expected the string to end, got the end of the line".into()),
                Some('"') => break,
                Some('\\') => text.push(escaped(&mut chars)?),
                Some(char) if char < ' ' => return Err("Expected control characters to be escaped, got a bare one".into()),
                Some(char) => text.push(char),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }

    fn number(&mut self) -> Result<Value, String> {
        let is_part = |char: char| char.is_ascii_digit() || matches!(char, '-' | '+' | '.' | 'e' | 'E');
        let end = self.rest.find(|char| !is_part(char)).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().map(Value::Number).map_err(|_| "Expected a number, got something like one".into())
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        self.rest = self.rest.strip_prefix(word).ok_or("Expected true, false or null, got something else")?;
        Ok(value)
    }

    fn take(&mut self, char: char) -> Result<(), String> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(char).ok_or_else(|| format!("Expected {char:?} in the JSON, got something else"))?;
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }
}

/// The character that an escape stands for, after its backslash. Half a surrogate pair becomes U+FFFD.
fn escaped(chars: &mut Chars) -> Result<char, String> {
    match chars.next() {
        Some(char @ ('"' | '\\' | '/')) => Ok(char),
        Some('b') => Ok('\u{8}'),
        Some('f') => Ok('\u{c}'),
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some('u') => {
            let first = hex(chars)?;
            let mut ahead = chars.clone();
            if (0xd800..0xdc00).contains(&first) && ahead.next() == Some('\\') && ahead.next() == Some('u') {
                let second = hex(&mut ahead)?;
                if (0xdc00..0xe000).contains(&second) {
                    *chars = ahead;
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
            Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        _ => Err("Expected an escape that JSON knows, got another".into()),
    }
}

fn hex(chars: &mut Chars) -> Result<u32, String> {
    let mut code = 0;
    for _ in 0..4 {
        let digit = chars.next().and_then(|char| char.to_digit(16)).ok_or("Expected four hexadecimal digits after \\u, got fewer")?;
        code = code * 16 + digit;
    }
    Ok(code)
}
