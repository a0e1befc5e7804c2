//! Warnings about ranges among the trusted proxies.

use auth_domain::ports::Check;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The prefix lengths of the widest ranges that are likely to belong to one organisation.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 32;

/// The reasons for a warning about a range; the first that applies is reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Wide,
    Range,
}

/// Returns a warning for each kind of range in `HTTP__TRUSTED_PROXIES`; single addresses give none.
///
/// Clients inside a range are not counted by address, since every address in it is taken for a proxy.
pub(crate) fn warnings(trusted_proxies: &[IpNet]) -> Vec<Check> {
    let kinds = [
        (
            Kind::Public,
            "public: everyone inside can claim any client address and guess passwords without being counted by address",
        ),
        (
            Kind::Wide,
            "wider than /8 (IPv4) or /32 (IPv6): everyone inside can claim any client address and is not counted by address",
        ),
        (
            Kind::Range,
            "not a single address: everyone inside can claim any client address and is not counted by address",
        ),
    ];
    let of_kind = |kind| trusted_proxies.iter().filter(move |network| kind_of(network) == Some(kind));
    let warning = |(kind, reason)| {
        let networks: Vec<String> = of_kind(kind).map(ToString::to_string).collect();
        (!networks.is_empty()).then(|| {
            let networks = networks.join(", ");
            Check::warning(format!(
                "HTTP__TRUSTED_PROXIES: {networks} is {reason}; list the address of each proxy instead"
            ))
        })
    };
    kinds.into_iter().filter_map(warning).collect()
}

fn kind_of(network: &IpNet) -> Option<Kind> {
    let widest = match network {
        IpNet::V4(_) => WIDEST_V4,
        IpNet::V6(_) => WIDEST_V6,
    };
    if network.prefix_len() == network.max_prefix_len() {
        None
    } else if is_public(network) {
        Some(Kind::Public)
    } else if network.prefix_len() < widest {
        Some(Kind::Wide)
    } else {
        Some(Kind::Range)
    }
}

/// Returns whether a range reaches beyond loopback, link-local, private, shared (RFC 6598) and unique local
/// addresses.
fn is_public(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => {
            let blocks = [
                ([10, 0, 0, 0], 8),
                ([100, 64, 0, 0], 10),
                ([127, 0, 0, 0], 8),
                ([169, 254, 0, 0], 16),
                ([172, 16, 0, 0], 12),
                ([192, 168, 0, 0], 16),
            ];
            let mut blocks =
                blocks.into_iter().filter_map(|(first, length)| Ipv4Net::new(first.into(), length).ok());
            !blocks.any(|block| block.contains(network))
        }
        IpNet::V6(network) => {
            let blocks = [([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10)];
            let mut blocks =
                blocks.into_iter().filter_map(|(first, length)| Ipv6Net::new(first.into(), length).ok());
            !blocks.any(|block| block.contains(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Severity;

    use super::*;

    fn texts(networks: &[&str]) -> Vec<String> {
        let networks: Vec<IpNet> = networks.iter().map(|network| network.parse().unwrap()).collect();
        let found = warnings(&networks);
        assert!(found.iter().all(|check| check.severity == Severity::Warning));
        found.into_iter().map(|check| check.text).collect()
    }

    // S-95
    #[test]
    fn every_range_is_a_warning_and_no_single_address_is() {
        assert_eq!(texts(&["10.0.0.1/32", "203.0.113.1/32", "2001:db8::1/128"]), Vec::<String>::new());
        let cases = [
            ("10.0.0.0/8", "not a single address"),
            ("10.0.0.0/31", "not a single address"),
            ("100.64.0.0/10", "not a single address"),
            ("127.0.0.0/8", "not a single address"),
            ("169.254.0.0/16", "not a single address"),
            ("172.16.0.0/12", "not a single address"),
            ("192.168.1.0/24", "not a single address"),
            ("fd00::/32", "not a single address"),
            ("fe80::/64", "not a single address"),
            ("fd00::/31", "wider than"),
            ("fc00::/7", "wider than"),
            ("203.0.113.0/24", "public"),
            ("172.0.0.0/8", "public"),
            ("192.168.0.0/15", "public"),
            ("8.0.0.0/7", "public"),
            ("2001:db8::/127", "public"),
        ];
        for (network, expected) in cases {
            let [text] = texts(&[network]).try_into().unwrap();
            assert!(text.contains(&format!("{network} is {expected}")), "{text}");
        }
    }

    #[test]
    fn ranges_of_one_kind_share_a_warning() {
        let texts = texts(&["10.0.0.0/8", "10.0.0.1/32", "203.0.113.0/24", "172.16.0.0/12"]);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].contains(": 203.0.113.0/24 is public"), "{texts:?}");
        assert!(texts[1].contains(": 10.0.0.0/8, 172.16.0.0/12 is not"), "{texts:?}");
    }
}
