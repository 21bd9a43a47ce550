//! Your part. Everything else in this folder is done and works.

use std::sync::Arc;

use crate::connection::Connection;
use crate::message::Message;

/// A handler's way to say no: the client gets an `error` with this reason.
pub struct Refused(pub String);

/// One instance serves all connections. The handlers are called from many threads at the same time, also for one and the
/// same connection. An `Arc<Connection>` can be kept, compared and put into hash sets.
pub struct ChatServer {
    // TODO: what the server has to remember.
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer {}
    }

    /// The user behind `conn` joins these channels. When this returns, the client is told that it has joined.
    pub fn handle_join_channels(&self, _conn: &Arc<Connection>, _channels: Vec<String>) -> Result<(), Refused> {
        // TODO (stage 1)
        Ok(())
    }

    /// Everyone in `message.channel` gets the message.
    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, _message: Arc<Message>) -> Result<(), Refused> {
        // TODO (stage 1)
        Ok(())
    }

    /// A follow-up: the user behind `conn` says its name. When this returns, the client is welcomed.
    pub fn handle_new_connection(&self, _conn: &Arc<Connection>, _username: String) -> Result<(), Refused> {
        // TODO (follow-up)
        Ok(())
    }

    /// `conn` has ended; called once. Other handlers of the same connection may still be running.
    pub fn handle_disconnect(&self, _conn: &Arc<Connection>) {
        // TODO (stage 1)
    }
}
