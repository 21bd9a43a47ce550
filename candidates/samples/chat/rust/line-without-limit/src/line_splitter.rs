//! Cuts a stream of bytes into lines, wherever the reads happened to cut it.

/// What an empty buffer may keep for the next line; a long line's memory is given back.
const KEPT_BYTES: usize = 16 * 1024;

#[derive(Default)]
pub struct LineSplitter {
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Everything before this was searched for a line feed already, so that a line that comes byte by byte costs no more.
    searched: usize,
}

impl LineSplitter {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line without its line feed, or `None` until more bytes come.
    pub fn next_line(&mut self) -> Option<&[u8]> {
        let offset = match self.buffer[self.searched..].iter().position(|&byte| byte == b'\n') {
            Some(offset) => offset,
            None => {
                self.drop_taken_lines();
                return None;
            }
        };
        let (from, to) = (self.start, self.searched + offset);
        self.start = to + 1;
        self.searched = to + 1;
        Some(&self.buffer[from..to])
    }

    fn drop_taken_lines(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.searched = self.buffer.len();
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BYTES {
            self.buffer = Vec::new();
        }
    }
}
