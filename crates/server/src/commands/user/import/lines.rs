//! Lines of bounded length.

use std::io::{self, BufRead, Read};

use zeroize::Zeroizing;

/// The maximum length of a line, in bytes. A user with all fields has fewer than 2,000.
pub(super) const MAX_LINE: usize = 8_192;

/// A text in UTF-8 may begin with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of a text, read one at a time.
pub(super) struct Lines {
    source: Box<dyn BufRead>,
    /// It has its final size: a buffer that grows leaves copies of hashes that are not wiped.
    buffer: Zeroizing<Vec<u8>>,
    number: u64,
    bytes: u64,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: u64,
    /// `None` if it is longer than [`MAX_LINE`].
    pub(super) text: Option<&'a [u8]>,
    /// The position of its end in the text, in bytes.
    pub(super) end: u64,
}

impl Lines {
    pub(super) fn new(source: Box<dyn BufRead>) -> Self {
        Self { source, buffer: Zeroizing::new(Vec::with_capacity(MAX_LINE + 1)), number: 0, bytes: 0 }
    }

    /// Returns the next line that is not blank; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            self.buffer.clear();
            let limit = MAX_LINE as u64 + 1;
            let read = (&mut self.source).take(limit).read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.bytes += read as u64;
            if self.buffer.len() > MAX_LINE && self.buffer.last() != Some(&b'\n') {
                self.bytes += skip_line(&mut self.source)?;
                return Ok(Some(Line { number: self.number, text: None, end: self.bytes }));
            }
            let start: &[u8] = if self.number == 1 { BYTE_ORDER_MARK } else { b"" };
            let line = self.buffer.strip_prefix(start).unwrap_or(&self.buffer);
            if !line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(Line { number: self.number, text: Some(&self.buffer), end: self.bytes }))
    }
}

/// Reads to the end of the line, and keeps nothing of it.
fn skip_line(source: &mut dyn BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let available = source.fill_buf()?;
        let end = available.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(available.len(), |end| end + 1);
        let is_end = end.is_some() || available.is_empty();
        source.consume(length);
        skipped += length as u64;
        if is_end {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Option<String>, u64)> {
        let mut lines = Lines::new(Box::new(io::Cursor::new(text.to_owned())));
        let mut all = Vec::new();
        while let Some(Line { number, text, end }) = lines.next().unwrap() {
            all.push((number, text.map(|text| String::from_utf8(text.to_vec()).unwrap()), end));
        }
        all
    }

    #[test]
    fn blank_lines_count_and_are_not_returned() {
        let expected = [(2, Some("a\r\n".to_owned()), 4), (4, Some("b".to_owned()), 7)];
        assert_eq!(all("\na\r\n \nb"), expected);
        assert_eq!(all(""), []);
        assert_eq!(all("\u{feff}\r\na"), [(2, Some("a".to_owned()), 6)]);
    }

    #[test]
    fn a_long_line_is_skipped_and_the_next_one_is_whole() {
        let long = "x".repeat(100_000);
        let fits = "y".repeat(MAX_LINE);
        let (end, rest) = (100_001 + MAX_LINE as u64 + 1, Some(format!("{fits}\n")));
        assert_eq!(
            all(&format!("{long}\n{fits}\nb")),
            [(1, None, 100_001), (2, rest, end), (3, Some("b".to_owned()), end + 1)]
        );
        assert_eq!(all(&long), [(1, None, 100_000)]);
    }
}
