//! From a line to a request, and the server's short replies.

use std::str;
use std::sync::Arc;

use crate::json::{self, Value};
use crate::message::Message;

const MAX_ID: f64 = 9_007_199_254_740_991.0;
const MAX_NAME_BYTES: usize = 64;
const MAX_BODY_BYTES: usize = 16 * 1024;

pub enum Request {
    Join { id: u64, channels: Vec<String> },
    Send { message: Arc<Message> },
    Hello { id: u64, username: String },
    /// A blank line, or a type that this server does not know.
    Nothing,
}

/// A line that is no request, with its id where that much could be read.
pub struct BadRequest {
    pub id: Option<u64>,
    pub reason: String,
}

pub fn parse_request(line: &[u8]) -> Result<Request, BadRequest> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(Request::Nothing);
    }
    let text = str::from_utf8(line).map_err(|_| bad(None, "Expected UTF-8, got other bytes"))?;
    let value = json::parse(text).map_err(|reason| BadRequest { id: None, reason })?;
    let id = match value.field("id") {
        None => None,
        Some(Value::Number(id)) if id.fract() == 0.0 && (0.0..=MAX_ID).contains(id) => Some(*id as u64),
        Some(_) => return Err(bad(None, "Expected id to be a whole number from 0 to 2^53-1, got something else")),
    };
    match value.field("type") {
        Some(Value::Text(kind)) => match kind.as_str() {
            "join" => Ok(Request::Join { id: required(id)?, channels: names(&value, id)? }),
            "send" => {
                let (channel, body) = (text_field(&value, "channel", MAX_NAME_BYTES, id)?, text_field(&value, "body", MAX_BODY_BYTES, id)?);
                Ok(Request::Send { message: Arc::new(Message::new(channel, body, id)) })
            }
            "hello" => Ok(Request::Hello { id: required(id)?, username: text_field(&value, "username", MAX_NAME_BYTES, id)? }),
            _ => Ok(Request::Nothing),
        },
        _ => Err(bad(id, "Expected an object with a type, got something else")),
    }
}

pub fn joined(id: u64) -> String {
    format!("{{\"type\":\"joined\",\"id\":{id}}}\n")
}

pub fn welcome(id: u64) -> String {
    format!("{{\"type\":\"welcome\",\"id\":{id}}}\n")
}

pub fn shed(id: u64) -> String {
    format!("{{\"type\":\"shed\",\"id\":{id}}}\n")
}

pub fn error(id: Option<u64>, reason: &str) -> String {
    let mut line = String::from("{\"type\":\"error\",\"message\":");
    json::write_string(reason, &mut line);
    if let Some(id) = id {
        line.push_str(&format!(",\"id\":{id}"));
    }
    line.push_str("}\n");
    line
}

fn bad(id: Option<u64>, reason: &str) -> BadRequest {
    BadRequest { id, reason: reason.into() }
}

fn required(id: Option<u64>) -> Result<u64, BadRequest> {
    id.ok_or_else(|| bad(None, "Expected an id, got none"))
}

fn names(value: &Value, id: Option<u64>) -> Result<Vec<String>, BadRequest> {
    let items = match value.field("channels") {
        Some(Value::Array(items)) => items,
        _ => {
            return Err(bad(id, "Expected channels to be an array of names, got something else"));
        }
    };
    items.iter().map(|item| short_text(Some(item), "a channel", MAX_NAME_BYTES, id)).collect()
}

fn text_field(value: &Value, name: &str, max_bytes: usize, id: Option<u64>) -> Result<String, BadRequest> {
    short_text(value.field(name), name, max_bytes, id)
}

fn short_text(value: Option<&Value>, name: &str, max_bytes: usize, id: Option<u64>) -> Result<String, BadRequest> {
    match value {
        Some(Value::Text(text)) if text.len() <= max_bytes => Ok(text.clone()),
        Some(Value::Text(text)) => Err(bad(id, &format!("Expected {name} to have at most {max_bytes} bytes, got {}", text.len()))),
        _ => Err(bad(id, &format!("Expected {name} to be a string, got something else"))),
    }
}
