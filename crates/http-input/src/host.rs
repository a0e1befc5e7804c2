//! The `Host` header (RFC 9110 §7.2).

use std::net::Ipv6Addr;

/// Returns whether `value` is `uri-host [":" port]` with a host that is not empty, as the `http` scheme requires.
#[must_use]
pub fn is_valid_host(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else { return false };
    let (is_host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((literal, port)) = rest.split_once(']') else { return false };
            (literal.parse::<Ipv6Addr>().is_ok(), port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => match text.split_once(':') {
            Some((name, port)) => (is_name(name), Some(port)),
            None => (is_name(text), Some("")),
        },
    };
    is_host && port.is_some_and(is_port)
}

/// Returns whether a port is valid; it may be empty (RFC 3986 §3.2.3).
fn is_port(text: &str) -> bool {
    text.is_empty() || (text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

/// Returns whether a host is a `reg-name` or an IPv4 address (RFC 3986 §3.2.2).
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_valid = match byte {
            b'%' => [bytes.next(), bytes.next()].into_iter().all(|digit| digit.is_some_and(is_hexadecimal)),
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !is_valid {
            return false;
        }
    }
    !text.is_empty()
}

const fn is_hexadecimal(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

#[cfg(test)]
mod tests {
    use super::is_valid_host;

    #[test]
    fn a_host_is_a_name_or_address_with_an_optional_port() {
        for good in [
            "x",
            "auth.example.com",
            "auth.example.com:8080",
            "10.0.0.1:80",
            "[::1]",
            "[2001:db8::1]:443",
            "a%20b",
            "x:",
        ] {
            assert!(is_valid_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a b",
            "a/b",
            "a@b",
            "user@host",
            "a:b",
            "a:80:80",
            "a:65536",
            "[::1",
            "[::1]x",
            "[x]",
            "::1",
            "a%2",
            "a%zz",
            "a?b",
            "a#b",
            "http://a",
            "a,b c",
            "\"a\"",
            "a\\b",
            "<a>",
        ] {
            assert!(!is_valid_host(bad.as_bytes()), "{bad}");
        }
        assert!(!is_valid_host(b"\xff"));
    }
}
