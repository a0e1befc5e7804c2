//! Parsers of addresses, texts, paths and lists. Each error message has an example.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

/// Parses an address and port.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not an IP address with a port; write for example 127.0.0.1:8080"))
}

/// Parses addresses or CIDR ranges that are separated by commas.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    items(text).map(network).collect()
}

/// Parses an address or a CIDR range. `10.0.0.5/8` is rejected: it may be meant as one address.
fn network(item: &str) -> Result<IpNet, String> {
    let network = item.parse::<IpNet>().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
    let Some(network) = network else {
        return Err(format!(
            "{item:?} is not an address or range (commas separate several); write for example 10.0.0.10"
        ));
    };
    let range = network.trunc();
    if range != network {
        return Err(format!(
            "{item:?} is an address with the length of a range; write {} for the address, or {range} for the range",
            network.addr()
        ));
    }
    Ok(network)
}

/// Parses a text that is not empty.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is empty; write a value".to_owned());
    }
    Ok(text.to_owned())
}

/// Parses a name that appears in tokens. Commas are rejected: a list would be taken for one name.
pub(super) fn claim(claim: &str) -> Result<String, String> {
    if claim.contains([',', ';']) {
        return Err(format!("{claim:?} looks like a list; write one name"));
    }
    text(claim)
}

/// Parses the path of a file or directory, which is used as it is.
pub(super) fn path(path: &str) -> Result<PathBuf, String> {
    if path.starts_with('~') {
        return Err(format!("{path:?} begins with ~, which only a shell replaces; write the whole path"));
    }
    if path.contains("://") {
        return Err(format!("{path:?} is a URL; write a path, for example /var/lib/hooksentry-auth"));
    }
    text(path).map(PathBuf::from)
}

/// Returns the items of a comma-separated list, without blank ones.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
