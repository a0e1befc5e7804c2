//! The bytes of a request head before the codec parses them.

use memchr::memchr;

/// The head offers `websocket`: such a client continues in another protocol at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebsocketOffered;

/// A search for the end of a head. It reads each byte once, also if the head arrives in many parts (S-89).
#[derive(Debug, Default)]
pub struct EndFinder {
    scanned: usize,
}

impl EndFinder {
    /// Returns the length of the head in `input`, including the empty line; `None` until the empty line has arrived.
    pub fn find(&mut self, input: &[u8]) -> Option<usize> {
        loop {
            let rest = input.get(self.scanned..)?;
            let Some(at) = memchr(b'\n', rest) else {
                self.scanned = input.len();
                return None;
            };
            let line_end = self.scanned + at;
            match (input.get(line_end + 1), input.get(line_end + 2)) {
                (Some(b'\n'), _) => return Some(line_end + 2),
                (Some(b'\r'), Some(b'\n')) => return Some(line_end + 3),
                (None, _) | (Some(b'\r'), None) => {
                    self.scanned = line_end;
                    return None;
                }
                (Some(_), _) => self.scanned = line_end + 1,
            }
        }
    }
}

/// Returns the length of the empty lines at the start of `input`. Clients may send some between requests (RFC 9112 §2.2).
#[must_use]
pub fn empty_lines(input: &[u8]) -> usize {
    let mut rest = input;
    while let [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] = rest {
        rest = after;
    }
    input.len() - rest.len()
}

/// Overwrites an offer to upgrade the connection, so that the codec ignores it (RFC 9110 §7.8).
///
/// # Errors
/// [`WebsocketOffered`] if the offer names `websocket`.
pub fn ignore_upgrade(head: &mut [u8]) -> Result<(), WebsocketOffered> {
    let mut rest = after_line(head);
    while !rest.is_empty() {
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at_mut(length);
        rest = after_line(after);
        // Few headers begin with these letters, so most lines are not read further.
        if !matches!(line.first(), Some(b'c' | b'C' | b'u' | b'U')) {
            continue;
        }
        let Some(colon) = memchr(b':', line) else { continue };
        let Some((name, value)) = line.split_at_mut_checked(colon) else { continue };
        if name.eq_ignore_ascii_case(b"connection") {
            for option in options(value).filter(|option| option.eq_ignore_ascii_case(b"upgrade")) {
                option.copy_from_slice(b"ignored");
            }
        } else if name.eq_ignore_ascii_case(b"upgrade") && options(value).any(|option| is_websocket(option)) {
            return Err(WebsocketOffered);
        }
    }
    Ok(())
}

/// Returns what follows the first line feed.
fn after_line(head: &mut [u8]) -> &mut [u8] {
    let length = memchr(b'\n', head).map_or(head.len(), |at| at + 1);
    head.split_at_mut_checked(length).map_or_else(Default::default, |(_, after)| after)
}

/// Returns the members of a list header, from a value that begins with the colon.
fn options(value: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    let is_separator = |byte: &u8| matches!(byte, b',' | b':' | b' ' | b'\t' | b'\r');
    value.split_mut(is_separator)
}

/// Returns whether a member names WebSocket, with or without a version (`protocol-name ["/" protocol-version]`).
fn is_websocket(option: &[u8]) -> bool {
    let name = option.split(|byte| *byte == b'/').next().unwrap_or_default();
    name.eq_ignore_ascii_case(b"websocket")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn end_of(input: &[u8]) -> Option<usize> {
        EndFinder::default().find(input)
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(end_of(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nbody"), Some(27));
        assert_eq!(end_of(b"GET / HTTP/1.1\nHost: x\n\nbody"), Some(24));
        assert_eq!(end_of(b"GET / HTTP/1.1\n\r\n"), Some(17));
        for open in ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r", "\r\r\r"] {
            assert_eq!(end_of(open.as_bytes()), None, "{open:?}");
        }
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_how_the_head_is_cut(
            input in proptest::collection::vec(proptest::sample::select(b"ab\r\n".as_slice()), 0..60),
            step in 1..9_usize,
        ) {
            let mut finder = EndFinder::default();
            let mut found = None;
            for length in (0..=input.len()).step_by(step).chain([input.len()]) {
                found = found.or_else(|| finder.find(&input[..length]));
            }
            prop_assert_eq!(found, end_of(&input));
        }
    }

    // S-89
    #[test]
    fn a_head_that_arrives_byte_by_byte_is_scanned_once() {
        let input = vec![b'a'; 30_000];
        let mut finder = EndFinder::default();
        for length in 1..=input.len() {
            assert_eq!(finder.find(&input[..length]), None);
            assert_eq!(finder.scanned, length);
        }
    }

    fn ignored(head: &str) -> Result<String, WebsocketOffered> {
        let mut head = head.as_bytes().to_vec();
        ignore_upgrade(&mut head).map(|()| String::from_utf8(head).unwrap())
    }

    #[test]
    fn an_offer_to_upgrade_disappears_and_nothing_else_changes() {
        assert_eq!(
            ignored("GET /upgrade HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n")
                .unwrap(),
            "GET /upgrade HTTP/1.1\r\nConnection: ignored, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        );
        assert_eq!(
            ignored("GET / HTTP/1.1\r\nCONNECTION:close,upgrade\r\nX: upgrade\r\n\r\n").unwrap(),
            "GET / HTTP/1.1\r\nCONNECTION:close,ignored\r\nX: upgrade\r\n\r\n",
        );
        let plain = "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nUpgradeable: websocket\r\n\r\n";
        assert_eq!(ignored(plain).unwrap(), plain);
    }

    // S-73
    #[test]
    fn an_offer_of_websocket_is_rejected_in_every_spelling() {
        for value in ["websocket", " WebSocket ", "h2c, websocket", "websocket/13", "\twebsocket,h2c"] {
            let head = format!("GET / HTTP/1.1\r\nuPGRADE:{value}\r\n\r\n");
            assert_eq!(ignored(&head), Err(WebsocketOffered), "{value:?}");
        }
    }

    #[test]
    fn empty_lines_before_a_request_are_skipped() {
        assert_eq!(empty_lines(b"\r\n\nGET"), 3);
        assert_eq!(empty_lines(b"GET"), 0);
        assert_eq!(empty_lines(b"\rGET"), 0);
    }
}
