//! Hosts and ports.

use std::net::IpAddr;

use crate::error::UrlError;
use crate::text::decoded;

/// A host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// A name, an address without brackets, or the path of a folder with a socket.
    pub name: String,
    /// The port; `None` if the URL has none.
    pub port: Option<u16>,
}

/// Parses hosts that are separated by commas. An empty text has no host.
pub(crate) fn parse_all(text: &str) -> Result<Vec<Host>, UrlError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').enumerate().map(|(index, host)| parse(host, index + 1)).collect()
}

impl Host {
    /// Returns a host without a port. `number` is its place among the hosts, for messages.
    ///
    /// # Errors
    /// [`UrlError`] if it is neither a name nor an address nor a path.
    pub fn named(name: String, number: usize) -> Result<Self, UrlError> {
        if name.is_empty() {
            return Err(UrlError::new(format!("host {number} is empty; write a name or an address")));
        }
        let address = name.parse::<IpAddr>().ok();
        if address.is_some_and(|address| address.is_unspecified()) {
            return Err(UrlError::new(format!(
                "host {number} stands for all addresses of a machine; write the address of the server"
            )));
        }
        let is_name = |letter: char| letter.is_alphanumeric() || "-._".contains(letter);
        if address.is_none() && !name.starts_with('/') && !name.chars().all(is_name) {
            return Err(UrlError::new(format!(
                "host {number} is neither a name nor an address; percent-encode special characters of the password"
            )));
        }
        Ok(Self { name, port: None })
    }
}

fn parse(text: &str, number: usize) -> Result<Host, UrlError> {
    let (name, port) = split(text, number)?;
    let host = Host::named(decoded(name, &format!("host {number}"))?, number)?;
    Ok(Host { port, ..host })
}

/// Splits host and port. IPv6 addresses are in brackets.
fn split(text: &str, number: usize) -> Result<(&str, Option<u16>), UrlError> {
    if let Some(rest) = text.strip_prefix('[') {
        let unclosed =
            || UrlError::new(format!("host {number} has no closing bracket; write for example [::1]:6000"));
        let (address, port) = rest.split_once(']').ok_or_else(unclosed)?;
        return match port.strip_prefix(':') {
            Some(port) => Ok((address, Some(parse_port(port, number)?))),
            None if port.is_empty() => Ok((address, None)),
            None => Err(unclosed()),
        };
    }
    let Some((name, port)) = text.split_once(':') else { return Ok((text, None)) };
    if port.contains(':') {
        return Err(UrlError::new(format!(
            "host {number} has several colons; write an IPv6 address in brackets, such as [::1]:6000"
        )));
    }
    Ok((name, Some(parse_port(port, number)?)))
}

/// Parses a port; `number` is the place of its host.
pub(crate) fn parse_port(text: &str, number: usize) -> Result<u16, UrlError> {
    let port = text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()));
    port.ok_or_else(|| {
        UrlError::new(format!(
            "the port of host {number} is not a number from 1 to 65535; write for example host:6000"
        ))
    })
}
