//! Starts the server: listens on HOST and PORT and gives every connection to `session`.

// A candidate need not use all that is offered here.
#![allow(dead_code)]

mod chat_server;
mod connection;
mod json;
mod line_splitter;
mod message;
mod pool;
mod protocol;
mod session;
mod sys;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use chat_server::ChatServer;
use pool::Pool;

/// Threads that run handlers. Each runs one request at a time.
const HANDLER_THREADS: usize = 64;
/// Connections that the kernel completes for us before we accept them.
const BACKLOG: i32 = 4096;
/// The pause after a failed accept: at the descriptor limit, trying again at once would only burn CPU.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

fn main() {
    let host = std::env::var("HOST").unwrap_or_else(|_| "127.0.0.1".into());
    let port = std::env::var("PORT").unwrap_or_else(|_| "7000".into());
    let listener = match TcpListener::bind(format!("{host}:{port}")) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("Expected to listen on {host}:{port}, got: {error}. Set HOST and PORT.");
            std::process::exit(1);
        }
    };
    sys::set_backlog(&listener, BACKLOG);
    let chat = Arc::new(ChatServer::new());
    let pool = Arc::new(Pool::start(HANDLER_THREADS));
    println!("listening on {host}:{port}");
    loop {
        match listener.accept() {
            Ok((socket, _)) => session::start(socket, chat.clone(), pool.clone()),
            Err(_) => std::thread::sleep(ACCEPT_RETRY),
        }
    }
}
