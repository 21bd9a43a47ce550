use crate::json;

/// A chat message, on its way from a `send` to the members of its channel.
pub struct Message {
    pub channel: String,
    pub body: String,
    /// Only there where the sender allows the server to drop the message under overload (see `Connection::write_shed`).
    pub id: Option<u64>,
    line: String,
}

impl Message {
    pub fn new(channel: String, body: String, id: Option<u64>) -> Message {
        let mut line = String::with_capacity(body.len() + channel.len() + 48);
        line.push_str("{\"type\":\"message\",\"channel\":");
        json::write_string(&channel, &mut line);
        line.push_str(",\"body\":");
        json::write_string(&body, &mut line);
        line.push_str("}\n");
        Message { channel, body, id, line }
    }

    /// The message as a receiver gets it, a JSON object and a line feed; written once however many receivers there are.
    pub fn line(&self) -> &[u8] {
        self.line.as_bytes()
    }

    /// The same without the line feed.
    pub fn json(&self) -> &[u8] {
        &self.line()[..self.line.len() - 1]
    }
}
