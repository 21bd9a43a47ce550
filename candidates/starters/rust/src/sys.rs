//! The two system calls that the standard library does not offer. All `unsafe` code of the server is in this file.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::raw::{c_int, c_void};
use std::os::unix::io::AsRawFd;

const MSG_DONTWAIT: c_int = 0x40;
const MSG_NOSIGNAL: c_int = 0x4000;

extern "C" {
    fn send(socket: c_int, bytes: *const c_void, length: usize, flags: c_int) -> isize;
    fn listen(socket: c_int, backlog: c_int) -> c_int;
}

/// Hands the kernel as many of `bytes` as it takes without waiting, and says how many that were: 0 when the socket is full.
pub fn send_without_waiting(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the pointer and the length are those of a live slice, and the descriptor is open while `socket` is borrowed.
    let sent = unsafe { send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), MSG_DONTWAIT | MSG_NOSIGNAL) };
    if sent >= 0 {
        return Ok(sent as usize);
    }
    let error = io::Error::last_os_error();
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
        _ => Err(error),
    }
}

/// Widens the queue of connections waiting to be accepted; `TcpListener::bind` asks for 128 only.
pub fn set_backlog(listener: &TcpListener, backlog: c_int) {
    // SAFETY: listen() takes no pointers, and on a socket that listens already it only changes the backlog.
    if unsafe { listen(listener.as_raw_fd(), backlog) } != 0 {
        eprintln!("Could not widen the backlog: {}", io::Error::last_os_error());
    }
}
