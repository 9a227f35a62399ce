//! Lines of a script: a file, or whatever standard input is when nobody sits at it.

use std::io::{self, BufRead, BufReader, Read};

/// Bytes read at once, and so about as far ahead as commands are sent.
const READ_MAX: usize = 64 * 1024;
/// Of a longer line only so much is kept: enough to be refused as too long.
const LINE_KEPT: usize = 4 * mqsc::lines::LINE_MAX;

/// See the module's text.
pub(super) struct Script {
    input: BufReader<Box<dyn Read>>,
    /// What it is called in errors.
    name: String,
}

impl Script {
    /// The lines of an input.
    pub(super) fn new(input: impl Read + 'static) -> Self {
        Self::of_file("standard input", input)
    }

    /// Those of a file of this name.
    pub(super) fn of_file(name: &str, input: impl Read + 'static) -> Self {
        Self { input: BufReader::with_capacity(READ_MAX, Box::new(input)), name: name.to_owned() }
    }

    /// Whether the next line is there without waiting for whoever writes it.
    pub(super) fn is_ready(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }

    /// The next line without its end; none: there is no other.
    pub(super) fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut is_begun = false;
        loop {
            let bytes = match self.input.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(server::files::about(self.name.as_ref(), error)),
            };
            is_begun |= !bytes.is_empty();
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            line.extend_from_slice(&part[..part.len().min(LINE_KEPT - line.len())]);
            let is_whole = end.is_some() || bytes.is_empty();
            let taken = end.map_or(bytes.len(), |end| end + 1);
            self.input.consume(taken);
            if is_whole {
                let text = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
                return Ok(is_begun.then_some(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut script = Script::new(io::Cursor::new(bytes.to_vec()));
        std::iter::from_fn(|| script.line().unwrap()).collect()
    }

    #[test]
    fn lines_come_one_by_one() {
        assert_eq!(lines(b""), [""; 0]);
        assert_eq!(lines(b"\n"), [""]);
        assert_eq!(lines(b"a\r\n\nb"), ["a", "", "b"]);
        assert_eq!(lines(b"\xe9\n"), ["\u{fffd}"]);
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let mut long = vec![b'x'; 3 * READ_MAX];
        long.extend_from_slice(b"\nb\n");
        let found = lines(&long);
        assert_eq!((found[0].len(), found[1].as_str()), (LINE_KEPT, "b"));
    }

    #[test]
    fn what_has_been_read_is_ready() {
        let mut script = Script::new(io::Cursor::new(b"a\nb\nc".to_vec()));
        assert!(!script.is_ready());
        script.line().unwrap();
        assert!(script.is_ready());
        script.line().unwrap();
        assert!(!script.is_ready(), "the rest of the line has yet to come");
    }
}
