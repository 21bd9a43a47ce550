//! Reads one connection's requests and has the pool call the handlers.

use std::io::Read;
use std::net::TcpStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

use crate::chat_server::{ChatServer, Refused};
use crate::connection::Connection;
use crate::line_splitter::LineSplitter;
use crate::pool::Pool;
use crate::protocol::{self, Request};

/// One thread a connection reads; it needs little stack, so that thousands of them are cheap.
const READER_STACK_BYTES: usize = 128 * 1024;
const READ_BYTES: usize = 8 * 1024;

pub fn start(socket: TcpStream, chat: Arc<ChatServer>, pool: Arc<Pool>) {
    let _ = socket.set_nodelay(true);
    let socket = Arc::new(socket);
    let conn = Arc::new(Connection::new(socket.clone()));
    let spawned = thread::Builder::new().stack_size(READER_STACK_BYTES).spawn(move || {
        read_requests(&socket, &conn, &chat, &pool);
        conn.close();
        let _ = catch_unwind(AssertUnwindSafe(|| chat.handle_disconnect(&conn)));
    });
    if let Err(error) = spawned {
        eprintln!("Expected to start a thread for a connection, got: {error}. The connection is dropped.");
    }
}

/// Returns when the connection has ended, from either side.
fn read_requests(mut socket: &TcpStream, conn: &Arc<Connection>, chat: &Arc<ChatServer>, pool: &Pool) {
    let mut lines = LineSplitter::default();
    let mut bytes = [0; READ_BYTES];
    loop {
        match socket.read(&mut bytes) {
            Ok(0) => return,
            Ok(length) => lines.push(&bytes[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        }
        while let Some(line) = lines.next_line() {
            if !hand_over(line, conn, chat, pool) {
                return;
            }
        }
    }
}

/// False once the connection is closed.
fn hand_over(line: &[u8], conn: &Arc<Connection>, chat: &Arc<ChatServer>, pool: &Pool) -> bool {
    let bytes = line.len();
    if !conn.begin_request(bytes) {
        return false;
    }
    match protocol::parse_request(line) {
        Ok(Request::Nothing) => conn.end_request(bytes),
        Ok(request) => {
            let (conn, chat) = (conn.clone(), chat.clone());
            pool.run(move || {
                if let Some(reply) = call_handler(&chat, &conn, request) {
                    conn.reply(reply);
                }
                conn.end_request(bytes);
            });
        }
        Err(bad) => {
            conn.reply(protocol::error(bad.id, &bad.reason));
            conn.end_request(bytes);
        }
    }
    true
}

/// The reply to a request, if it gets one. A handler that panics is answered like one that refuses.
fn call_handler(chat: &ChatServer, conn: &Arc<Connection>, request: Request) -> Option<String> {
    let (id, done) = match &request {
        Request::Join { id, .. } => (Some(*id), Some(protocol::joined(*id))),
        Request::Hello { id, .. } => (Some(*id), Some(protocol::welcome(*id))),
        Request::Send { message } => (message.id, None),
        Request::Nothing => (None, None),
    };
    let handled = catch_unwind(AssertUnwindSafe(|| match request {
        Request::Join { channels, .. } => chat.handle_join_channels(conn, channels),
        Request::Send { message } => chat.handle_request_to_send_message(conn, message),
        Request::Hello { username, .. } => chat.handle_new_connection(conn, username),
        Request::Nothing => Ok(()),
    }));
    match handled {
        Ok(Ok(())) => done,
        Ok(Err(Refused(reason))) => Some(protocol::error(id, &reason)),
        Err(_) => Some(protocol::error(id, "The handler panicked")),
    }
}
