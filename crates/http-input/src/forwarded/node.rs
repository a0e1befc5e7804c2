//! Addresses in `X-Forwarded-For` and `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use super::list::split_last;

/// Returns the address in the `for` parameter of an element (RFC 7239 §4), which must appear once.
pub(super) fn element(element: &[u8]) -> Option<IpAddr> {
    let (mut left, mut found) = (Some(element), None);
    while let Some(text) = left {
        let (before, parameter) = split_last(text, b';', true);
        left = before;
        if let Some(value) = for_value(parameter.trim_ascii())
            && found.replace(value).is_some()
        {
            return None;
        }
    }
    let value = found?;
    match value.strip_prefix(b"\"") {
        Some(quoted) => node(quoted.strip_suffix(b"\"")?),
        None => node(value),
    }
}

fn for_value(parameter: &[u8]) -> Option<&[u8]> {
    let (name, rest) = parameter.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"for") {
        return None;
    }
    rest.strip_prefix(b"=")
}

/// Returns an address that is written with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
pub(super) fn node(node: &[u8]) -> Option<IpAddr> {
    let node = str::from_utf8(node).ok()?;
    let bare = node.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(node);
    bare.parse().ok().or_else(|| node.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
