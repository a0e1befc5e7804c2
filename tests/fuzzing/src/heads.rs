//! The head of a request, and the line ends between the chunks of its body.

use auth_http_input::{EndFinder, Framing, empty_lines, ignore_upgrade, is_valid_host};

/// The end of a head is the first empty line, in however many parts the head arrives.
pub(crate) fn request_head(input: &[u8]) {
    let whole = EndFinder::default().find(input);
    let mut finder = EndFinder::default();
    let mut parts = (0..=input.len()).map(|length| input.get(..length).expect("a prefix"));
    let first = parts.find_map(|part| finder.find(part));
    assert_eq!(first, whole);
    let end = (0..input.len()).find_map(|start| {
        let rest = input.get(start..)?;
        let line_end = [b"\n\r\n".as_slice(), b"\n\n"].into_iter().find(|end| rest.starts_with(end))?;
        Some(start + line_end.len())
    });
    assert_eq!(whole, end);
    let rest = input.get(empty_lines(input)..).expect("at most the length");
    assert!(!rest.starts_with(b"\r\n") && !rest.starts_with(b"\n"));
}

/// After an offer to upgrade is overwritten, there is none, and everything else is as it was.
pub(crate) fn upgrade(input: &[u8]) {
    let mut head = input.to_vec();
    if ignore_upgrade(&mut head).is_err() {
        let text = String::from_utf8_lossy(input).to_ascii_lowercase();
        assert!(text.contains("upgrade:") && text.contains("websocket"), "{text:?}");
        return;
    }
    assert_eq!(head.len(), input.len());
    let mut again = head.clone();
    assert_eq!(ignore_upgrade(&mut again), Ok(()));
    assert_eq!(again, head, "a second time changes nothing");
    for (line, original) in head.split(|byte| *byte == b'\n').zip(input.split(|byte| *byte == b'\n')) {
        let is_about_it = original.len() >= 11
            && original.get(..11).is_some_and(|name| name.eq_ignore_ascii_case(b"connection:"));
        assert!(line == original || is_about_it, "{line:?}");
    }
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some((name, value)) = line.split_at_checked(11) else { continue };
        let mut options = value.split(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\r'));
        assert!(
            !name.eq_ignore_ascii_case(b"connection:")
                || !options.any(|option| option.eq_ignore_ascii_case(b"upgrade")),
            "{line:?}"
        );
    }
}

/// A bare line feed in the framing is found, in however many parts the framing arrives. The first byte is the length of a part.
pub(crate) fn framing(input: &[u8]) {
    let Some((length, framing)) = input.split_first() else { return };
    let has_bare_line_feed =
        framing.iter().zip([0].iter().chain(framing)).any(|pair| pair.0 == &b'\n' && pair.1 != &b'\r');
    let mut whole = Framing::default();
    whole.copy(framing);
    assert_eq!(whole.is_sound(framing.len(), 0), !has_bare_line_feed);
    let mut divided = Framing::default();
    let is_sound = framing.chunks(usize::from(*length).max(1)).all(|part| {
        divided.copy(part);
        divided.is_sound(part.len(), 0)
    });
    assert_eq!(is_sound, !has_bare_line_feed);
}

/// A valid host has nothing that ends a host in a URL, and its port is a port.
pub(crate) fn host(input: &[u8]) {
    if !is_valid_host(input) {
        return;
    }
    let text = str::from_utf8(input).expect("a valid host is ASCII");
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.starts_with(':'), "{text:?}");
    assert!(!text.contains(['/', '?', '#', '@', '\\', '"', '<', '>', '^', '`', '{', '|', '}']), "{text}");
    let port = text.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or("", |(_, port)| port);
    assert!(port.is_empty() || port.parse::<u16>().is_ok(), "{text}");
    assert!(is_valid_host(text.to_ascii_uppercase().as_bytes()), "{text}");
}
