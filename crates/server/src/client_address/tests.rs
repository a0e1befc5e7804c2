use actix_web::http::header::HeaderValue;
use auth_testkit::assert_linear;
use proptest::prelude::*;

use super::*;

const PEER: &str = "10.0.0.1";

fn proxies(header: AddressHeader) -> ClientAddresses {
    ClientAddresses::new(vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:f::/48".parse().unwrap()], header)
}

fn headers(header: AddressHeader, lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let name = match header {
            AddressHeader::XForwardedFor => X_FORWARDED_FOR,
            AddressHeader::Forwarded => FORWARDED,
        };
        headers.append(name, HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

fn client(header: AddressHeader, peer: &str, lines: &[&[u8]]) -> Option<String> {
    let headers = headers(header, lines);
    proxies(header).client(Some(peer.parse().unwrap()), &headers).map(|address| address.ip().to_string())
}

fn x_forwarded_for(peer: &str, lines: &[&str]) -> Option<String> {
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    client(AddressHeader::XForwardedFor, peer, &lines)
}

fn forwarded(line: &str) -> Option<String> {
    client(AddressHeader::Forwarded, PEER, &[line.as_bytes()])
}

// S-19
#[test]
fn the_header_of_an_untrusted_peer_is_ignored() {
    assert_eq!(x_forwarded_for("203.0.113.9", &["198.51.100.1"]).as_deref(), Some("203.0.113.9"));
}

// S-19, S-90
#[test]
fn the_right_most_address_that_is_no_proxy_counts() {
    let cases: [(&[&str], Option<&str>); 15] = [
        (&["198.51.100.1"], Some("198.51.100.1")),
        (&["6.6.6.6, 198.51.100.1"], Some("198.51.100.1")),
        (&["6.6.6.6, 198.51.100.1, 10.1.2.3"], Some("198.51.100.1")),
        (&["6.6.6.6", "198.51.100.1:4711,10.1.2.3"], Some("198.51.100.1")),
        (&["6.6.6.6", "198.51.100.1", "10.1.2.3"], Some("198.51.100.1")),
        (&["[2001:db8:1:2::3]:80"], Some("2001:db8:1:2::")),
        (&["[2001:db8:1:2::3]"], Some("2001:db8:1:2::")),
        (&["2001:db8:1:2::3"], Some("2001:db8:1:2::")),
        (&["::ffff:198.51.100.1"], Some("198.51.100.1")),
        (&["198.51.100.1, ::ffff:10.1.2.3"], Some("198.51.100.1")),
        (&["\t198.51.100.1\t"], Some("198.51.100.1")),
        // The trusted proxies add no address, or only their own addresses.
        (&["10.9.9.9, 10.1.2.3"], None),
        (&["", " "], None),
        (&[""], None),
        (&[], None),
    ];
    for (lines, expected) in cases {
        assert_eq!(x_forwarded_for(PEER, lines).as_deref(), expected, "{lines:?}");
        assert_eq!(x_forwarded_for("::ffff:10.0.0.1", lines).as_deref(), expected, "{lines:?}");
    }
}

// S-90
#[test]
fn an_unreadable_entry_counts_for_the_nearest_readable_proxy() {
    let cases: [(&[&[u8]], &str); 14] = [
        (&[b"\xff"], PEER),
        (&[b"198.51.100.1, garbage"], PEER),
        (&[b"198.51.100.1, \xff"], PEER),
        (&[b"198.51.100.1,"], PEER),
        (&[b"198.51.100.1", b""], PEER),
        (&[b","], PEER),
        (&[b"unknown"], PEER),
        (&[b"_hidden"], PEER),
        (&[b"unix:"], PEER),
        (&[b"198.51.100.1:99999"], PEER),
        (&[b"198.51.100.1, \xff, 10.1.2.3"], "10.1.2.3"),
        (&[b"\xff", b"10.1.2.3", b"10.4.5.6"], "10.1.2.3"),
        (&[b", 10.1.2.3"], "10.1.2.3"),
        (&[b"\xff, 2001:db8:f:1::7"], "2001:db8:f:1::"),
    ];
    for (lines, expected) in cases {
        let counted = client(AddressHeader::XForwardedFor, PEER, lines);
        assert_eq!(counted.as_deref(), Some(expected), "{lines:?}");
    }
}

// S-19
#[test]
fn the_forwarded_header_is_read_by_its_grammar() {
    for (line, expected) in [
        (r#"for=6.6.6.6, for=192.0.2.43;host="a\\""#, "192.0.2.43"),
        (r#"for=6.6.6.6, for=192.0.2.43;host="a\"b,c""#, "192.0.2.43"),
        ("for=192.0.2.60;proto=http;by=10.0.0.1", "192.0.2.60"),
        ("proto=http; FOR=192.0.2.60", "192.0.2.60"),
        ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::"),
        ("for=6.6.6.6, for=192.0.2.43;host=\"a,b\", for=10.9.9.9", "192.0.2.43"),
        ("for=6.6.6.6;host=\", for=192.0.2.43", "192.0.2.43"),
        ("for=6.6.6.6;host=\"\\, for=192.0.2.43", "192.0.2.43"),
    ] {
        assert_eq!(forwarded(line).as_deref(), Some(expected), "{line}");
    }
    let obs_text = b"for=6.6.6.6, for=192.0.2.43;host=\"\xe9\"".as_slice();
    assert_eq!(client(AddressHeader::Forwarded, PEER, &[obs_text]).as_deref(), Some("192.0.2.43"));
    assert_eq!(forwarded("for=10.3.3.3, for=10.9.9.9"), None);
    assert_eq!(forwarded(""), None);
}

// S-90
#[test]
fn a_forwarded_element_without_a_readable_address_counts_for_the_proxy() {
    for line in [
        "for=unknown",
        "for=_hidden",
        "proto=https",
        "for=1.1.1.1;for=2.2.2.2",
        "for=\"1.1.1.1",
        "for=6.6.6.6, proto=https",
        "fore=1.1.1.1",
    ] {
        assert_eq!(forwarded(line).as_deref(), Some(PEER), "{line}");
    }
    assert_eq!(forwarded("for=unknown, for=10.1.2.3").as_deref(), Some("10.1.2.3"));
}

#[test]
fn the_other_header_is_not_read() {
    let mut headers = HeaderMap::new();
    headers.append(FORWARDED, HeaderValue::from_static("for=6.6.6.6"));
    let peer = Some(PEER.parse().unwrap());
    assert_eq!(proxies(AddressHeader::XForwardedFor).client(peer, &headers), None);
}

// S-89
#[test]
fn only_the_last_two_kibibytes_are_read() {
    let chain = |proxies: usize| format!("198.51.100.1{}", ",10.1.1.11".repeat(proxies));
    assert_eq!(chain(203).len(), 2_042);
    assert_eq!(x_forwarded_for(PEER, &[&chain(203)]).as_deref(), Some("198.51.100.1"));
    let whole = format!("198.51.100.1,10.222.111.111,10.1.1.1{}", ",10.1.1.11".repeat(201));
    assert_eq!(whole.len(), 2_046);
    for (padding, expected) in [("", "198.51.100.1"), ("\t\t", "198.51.100.1"), ("\t\t\t", "10.222.111.111")]
    {
        let line = format!("{padding}{whole}");
        let counted = x_forwarded_for(PEER, &[&line]);
        assert_eq!(counted.as_deref(), Some(expected), "{}", line.len());
    }
    // Without its first digit this would be another address.
    let cut = format!("198.51.100.100{}{}", ",10.1.1.1".repeat(5), ",10.1.1.11".repeat(199));
    assert_eq!(cut.len(), 2_049);
    assert_eq!(x_forwarded_for(PEER, &[&cut]).as_deref(), Some("10.1.1.1"));
    // Several lines are one header.
    let lines = vec!["10.1.1.11"; 400];
    assert_eq!(x_forwarded_for(PEER, &lines).as_deref(), Some("10.1.1.11"));
}

// S-89
#[test]
fn the_cost_of_the_client_address_is_linear_in_the_header() {
    for header in [AddressHeader::XForwardedFor, AddressHeader::Forwarded] {
        let proxies = proxies(header);
        let peer = Some(PEER.parse().unwrap());
        for part in ["\\", "\"", "\\\"", ",", ";", "\t", "=", "for=10.1.1.1,", "10.1.1.1,", "\";", "[", "::"]
        {
            let input = |bytes: usize| headers(header, &[part.repeat(bytes / part.len()).as_bytes()]);
            assert_linear(part, input, |headers| proxies.client(peer, headers));
        }
    }
}

/// A header line of any bytes that HTTP allows.
fn line(bytes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let plain = prop::sample::select(b"\",;=\\ .:[]for0123456789ab_".to_vec());
    let any = any::<u8>().prop_filter("a byte of a field value", |byte| *byte >= 0x20 && *byte != 0x7f);
    prop::collection::vec(prop_oneof![plain, any], bytes)
}

proptest! {
    // S-90
    #[test]
    fn no_header_value_removes_an_attempt_from_the_count(
        lines in prop::collection::vec(line(1..90), 1..4),
    ) {
        for header in [AddressHeader::XForwardedFor, AddressHeader::Forwarded] {
            let borrowed: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            let blank = lines.iter().all(|line| line.trim_ascii().is_empty());
            prop_assert_eq!(client(header, PEER, &borrowed).is_none(), blank);
        }
    }

    // S-19, S-90
    #[test]
    fn entries_left_of_that_of_the_proxy_change_nothing(
        lines in prop::collection::vec(line(0..2_500), 0..3),
        separate in any::<bool>(),
        hops in 0..3_usize,
    ) {
        for (header, appended, hop) in [
            (AddressHeader::XForwardedFor, "198.51.100.1", ", 10.1.2.3"),
            (AddressHeader::Forwarded, "for=198.51.100.1", ", for=10.1.2.3;host=\"a,\\\"b\""),
        ] {
            let own = format!("{appended}{}", hop.repeat(hops));
            let mut lines = lines.clone();
            match lines.last_mut() {
                // A proxy appends to the last line, or writes a line of its own.
                Some(last) if !separate => last.extend([b", ", own.as_bytes()].concat()),
                Some(_) | None => lines.push(own.into_bytes()),
            }
            let borrowed: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(client(header, PEER, &borrowed), Some("198.51.100.1".to_owned()));
        }
    }
}

#[test]
fn clients_in_an_exempt_range_are_exempt() {
    let exempt = ["192.0.2.0/24", "2001:db8:1::/48"].map(|network| network.parse().unwrap());
    let addresses = ClientAddresses::new(Vec::new(), AddressHeader::XForwardedFor).exempting(exempt.into());
    let is_exempt = |text: &str| addresses.is_exempt(ClientAddress::new(text.parse().unwrap()));
    assert!(is_exempt("192.0.2.9") && is_exempt("::ffff:192.0.2.9") && is_exempt("2001:db8:1:2::3"));
    assert!(!is_exempt("192.0.3.9") && !is_exempt("2001:db8:2:2::3"));
}
