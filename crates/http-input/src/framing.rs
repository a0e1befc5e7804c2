//! A check of the framing of a chunked body that the codec leaves out.

use bytes::{Buf, BytesMut};

/// A copy of the bytes of a chunked body that the codec has not consumed.
///
/// The codec accepts a bare line feed in the trailer section, so the head of another request can be hidden there.
/// A front end that ends the body at that line feed would see one request more than this service (S-73).
#[derive(Default)]
pub struct Framing {
    unconsumed: BytesMut,
    /// The last byte of framing.
    last: u8,
}

impl Framing {
    /// Copies the bytes that arrived since the last call; `input` is the unread input of the codec.
    pub fn copy(&mut self, input: &[u8]) {
        self.unconsumed.extend_from_slice(input.get(self.unconsumed.len()..).unwrap_or_default());
    }

    /// Returns whether the framing among the `consumed` bytes ends each line with a carriage return and a line feed.
    ///
    /// The last `data` bytes of them are part of the body.
    pub fn is_sound(&mut self, consumed: usize, data: usize) -> bool {
        let mut consumed = self.unconsumed.split_to(consumed.min(self.unconsumed.len()));
        consumed.truncate(consumed.remaining().saturating_sub(data));
        for byte in consumed {
            if byte == b'\n' && self.last != b'\r' {
                return false;
            }
            self.last = byte;
        }
        if data > 0 {
            self.last = 0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sound(parts: &[(&str, usize)]) -> bool {
        let mut framing = Framing::default();
        parts.iter().all(|(part, data)| {
            framing.copy(part.as_bytes());
            framing.is_sound(part.len(), *data)
        })
    }

    // S-73
    #[test]
    fn a_bare_line_feed_is_rejected_only_in_the_framing() {
        assert!(is_sound(&[("2\r\n\n\n", 2), ("\r\n0\r\n", 0), ("\r\n", 0)]));
        assert!(is_sound(&[("1\r\n\r", 1), ("\r", 0), ("\n0\r", 0), ("\nTrailer: 1\r\n\r\n", 0)]));
        assert!(!is_sound(&[("0\r\n\n", 0)]));
        assert!(!is_sound(&[("0\r\n", 0), ("\n", 0)]));
        assert!(!is_sound(&[("1\r\n\r", 1), ("\n", 0)]));
        assert!(!is_sound(&[("0\r\nTrailer: 1\n", 0)]));
    }

    #[test]
    fn bytes_of_the_next_request_are_copied_once() {
        let mut framing = Framing::default();
        framing.copy(b"0\r\n");
        framing.copy(b"0\r\n\r\nGET /");
        assert!(framing.is_sound(5, 0));
        assert_eq!(framing.unconsumed, "GET /");
    }
}
