use actix_web::http::header::HeaderValue;
use proptest::prelude::*;

use super::*;

fn proxies(header: ClientAddressHeader) -> ClientAddresses {
    ClientAddresses::new(vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:f::/48".parse().unwrap()], header)
}

fn client(header: ClientAddressHeader, peer: &str, lines: &[&str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let name = match header {
            ClientAddressHeader::XForwardedFor => X_FORWARDED_FOR,
            ClientAddressHeader::Forwarded => FORWARDED,
        };
        headers.append(name, HeaderValue::from_str(line).unwrap());
    }
    proxies(header).client(Some(peer.parse().unwrap()), &headers).map(|address| address.ip().to_string())
}

fn x_forwarded_for(peer: &str, lines: &[&str]) -> Option<String> {
    client(ClientAddressHeader::XForwardedFor, peer, lines)
}

fn forwarded(line: &str) -> Option<String> {
    client(ClientAddressHeader::Forwarded, "10.0.0.1", &[line])
}

// S-19
#[test]
fn the_header_of_a_stranger_is_ignored() {
    assert_eq!(x_forwarded_for("203.0.113.9", &["198.51.100.1"]).as_deref(), Some("203.0.113.9"));
}

// S-19
#[test]
fn the_right_most_address_that_is_no_proxy_counts() {
    let cases: [(&[&str], Option<&str>); 9] = [
        (&["198.51.100.1"], Some("198.51.100.1")),
        (&["6.6.6.6, 198.51.100.1"], Some("198.51.100.1")),
        (&["6.6.6.6, 198.51.100.1, 10.1.2.3"], Some("198.51.100.1")),
        (&["6.6.6.6", "198.51.100.1:4711,10.1.2.3"], Some("198.51.100.1")),
        (&["[2001:db8:1:2::3]:80"], Some("2001:db8:1:2::")),
        (&["198.51.100.1, garbage"], None),
        (&["198.51.100.1,"], None),
        (&["10.1.2.3"], None),
        (&[], None),
    ];
    for (lines, expected) in cases {
        assert_eq!(x_forwarded_for("10.0.0.1", lines).as_deref(), expected, "{lines:?}");
        assert_eq!(x_forwarded_for("::ffff:10.0.0.1", lines).as_deref(), expected, "{lines:?}");
    }
}

#[test]
fn the_forwarded_header_is_read_by_its_grammar() {
    let escaped = r#"for=6.6.6.6, for=192.0.2.43;host="a\\""#;
    assert_eq!(forwarded(escaped).as_deref(), Some("192.0.2.43"));
    assert_eq!(forwarded("for=192.0.2.60;proto=http;by=10.0.0.1").as_deref(), Some("192.0.2.60"));
    assert_eq!(forwarded("For=\"[2001:db8:cafe::17]:4711\"").as_deref(), Some("2001:db8:cafe::"));
    assert_eq!(
        forwarded("for=6.6.6.6, for=192.0.2.43;host=\"a,b\", for=10.9.9.9").as_deref(),
        Some("192.0.2.43")
    );
    for nobody in
        ["for=unknown", "for=_hidden", "proto=https", "for=1.1.1.1;for=2.2.2.2", "for=\"1.1.1.1", ""]
    {
        assert_eq!(forwarded(nobody), None, "{nobody}");
    }
}

#[test]
fn the_other_header_is_not_read() {
    let mut headers = HeaderMap::new();
    headers.append(FORWARDED, HeaderValue::from_static("for=6.6.6.6"));
    let peer = Some("10.0.0.1".parse().unwrap());
    assert_eq!(proxies(ClientAddressHeader::XForwardedFor).client(peer, &headers), None);
}

proptest! {
    #[test]
    fn any_header_is_judged_without_a_panic_and_never_names_a_proxy(line in "[ -~]{0,80}") {
        for header in [ClientAddressHeader::XForwardedFor, ClientAddressHeader::Forwarded] {
            if let Some(address) = client(header, "10.0.0.1", &[&line]) {
                prop_assert!(!proxies(header).is_trusted(address.parse().unwrap()));
            }
        }
    }

    // S-19
    #[test]
    fn what_a_client_writes_left_of_the_proxy_changes_nothing(prefix in "[ -~]{0,60}") {
        let line = format!("{prefix},198.51.100.1");
        let expected = Some("198.51.100.1".to_owned());
        prop_assert_eq!(x_forwarded_for("10.0.0.1", &[&line]), expected.clone());
        let line = format!("{prefix}, for=198.51.100.1");
        prop_assert_eq!(forwarded(&line), expected);
    }
}
