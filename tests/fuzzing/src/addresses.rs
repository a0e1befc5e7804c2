//! The client address behind trusted proxies.

use std::net::IpAddr;

use auth_http_input::AddressHeader;

/// A proxy that is trusted.
const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
/// A client, which is not trusted.
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

fn is_trusted(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.octets().starts_with(&[10]))
}

fn found(header: AddressHeader, lines: &[&[u8]]) -> Option<IpAddr> {
    auth_http_input::client_address(PROXY, || lines.iter().copied(), header, is_trusted)
}

/// What the trusted proxy appends decides, and lines are a list (RFC 9110 §5.3). The lines of the input are lines of the header.
pub(crate) fn client_address(input: &[u8]) {
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    for (header, appended) in [
        (AddressHeader::XForwardedFor, b"192.0.2.7".as_slice()),
        (AddressHeader::Forwarded, b"for=192.0.2.7"),
        (AddressHeader::Forwarded, b"For=\"192.0.2.7:4711\";proto=https"),
    ] {
        let address = found(header, &lines);
        let joined = lines.join(b",".as_slice());
        assert_eq!(found(header, &[&joined]), address, "one line");
        let own_line: Vec<&[u8]> = lines.iter().copied().chain([appended]).collect();
        assert_eq!(found(header, &own_line), Some(CLIENT), "appended as a line");
        let same_line = [&joined, b", ".as_slice(), appended].concat();
        assert_eq!(found(header, &[&same_line]), Some(CLIENT), "appended to the line");
        let direct = auth_http_input::client_address(CLIENT, || lines.iter().copied(), header, is_trusted);
        assert_eq!(direct, Some(CLIENT), "a header of a client is ignored");
    }
}
