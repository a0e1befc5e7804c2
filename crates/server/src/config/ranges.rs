//! `http.trusted_proxies` and `login_limit.exempt`: addresses and ranges that cover less than half of an address family.

use ipnet::{IpNet, Ipv4Net};

use super::values;

/// All addresses of a family, as a number; a range is a fraction of it.
const FAMILY: u128 = 1 << 127;

/// The prefix by which IPv6 clients are counted.
const COUNTED_PREFIX: u8 = 64;

/// Parses the addresses and ranges of trusted proxies, separated by commas.
pub(super) fn trusted_proxies(text: &str) -> Result<Vec<IpNet>, String> {
    narrow(text, "so clients would be taken for proxies and not be counted; write the address of each proxy")
}

/// Parses the addresses and ranges that the login limit exempts, separated by commas.
pub(super) fn exempt(text: &str) -> Result<Vec<IpNet>, String> {
    let networks =
        narrow(text, "so hardly any address would be limited; write the addresses that need no limit")?;
    match networks.iter().find(|network| network.addr().is_ipv6() && network.prefix_len() > COUNTED_PREFIX) {
        Some(network) => Err(format!(
            "IPv6 addresses are counted by /{COUNTED_PREFIX}, so {network} cannot be exempt alone; write its /{COUNTED_PREFIX}"
        )),
        None => Ok(networks),
    }
}

/// Parses addresses or CIDR ranges that are separated by commas and cover less than half of each address family.
fn narrow(text: &str, consequence: &str) -> Result<Vec<IpNet>, String> {
    let networks: Vec<IpNet> = values::networks(text)?.into_iter().map(unmapped).collect();
    for (family, is_v4) in [("IPv4", true), ("IPv6", false)] {
        let of_family: Vec<IpNet> =
            networks.iter().filter(|net| net.addr().is_ipv4() == is_v4).copied().collect();
        if covered(&of_family) >= FAMILY / 2 {
            return Err(format!("the ranges cover at least half of all {family} addresses, {consequence}"));
        }
    }
    Ok(networks)
}

/// Returns the part of an address family that ranges cover, as a fraction of [`FAMILY`].
fn covered(networks: &[IpNet]) -> u128 {
    let shares = IpNet::aggregate(&networks.to_vec())
        .into_iter()
        .map(|network| FAMILY.checked_shr(u32::from(network.prefix_len())).unwrap_or_default());
    shares.fold(0, u128::saturating_add)
}

/// Returns the IPv4 range for a range of IPv4-mapped addresses: such peers are compared as IPv4.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    let v4 = v4.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    v4.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-95
    #[test]
    fn ranges_that_cover_half_of_a_family_are_rejected() {
        for (text, family) in [
            ("0.0.0.0/0", "IPv4"),
            ("0.0.0.0/1", "IPv4"),
            ("10.0.0.1, 128.0.0.0/1", "IPv4"),
            ("0.0.0.0/2,192.0.0.0/2", "IPv4"),
            ("0.0.0.0/2,64.0.0.0/3,96.0.0.0/3", "IPv4"),
            ("::ffff:0:0/96", "IPv4"),
            ("::/0", "IPv6"),
            ("8000::/1, 10.0.0.1", "IPv6"),
            ("::/2, 8000::/2", "IPv6"),
            ("::/1, 8000::/1", "IPv6"),
        ] {
            for problem in [trusted_proxies(text).unwrap_err(), exempt(text).unwrap_err()] {
                assert!(problem.contains(family), "{text}: {problem}");
            }
        }
        for text in [
            "",
            "10.0.0.0/8, 10.0.0.0/8, 10.1.0.0/16",
            "0.0.0.0/2, 64.0.0.0/3, 64.0.0.0/3, 0.0.0.0/2",
            "::/2, 4000::/3, ::1",
        ] {
            assert!(trusted_proxies(text).is_ok(), "{text}");
        }
    }

    // S-95
    #[test]
    fn the_example_in_the_message_is_one_address() {
        let problem = trusted_proxies("nginx").unwrap_err();
        assert!(problem.ends_with("write for example 10.0.0.10"), "{problem}");
    }

    #[test]
    fn ranges_of_mapped_addresses_are_ranges_of_ipv4() {
        let networks = trusted_proxies("::ffff:10.0.0.0/104, ::ffff:192.0.2.1").unwrap();
        assert_eq!(networks, ["10.0.0.0/8".parse().unwrap(), "192.0.2.1/32".parse().unwrap()]);
    }

    // S-95
    #[test]
    fn an_exempt_ipv6_range_has_at_most_64_bits() {
        let problem = exempt("2001:db8:1:2::9").unwrap_err();
        assert!(problem.contains("2001:db8:1:2::9/128") && problem.ends_with("write its /64"), "{problem}");
        assert!(exempt("2001:db8:1:2::/64, 2001:db8::/32, 192.0.2.1, ::ffff:192.0.2.2").is_ok());
    }
}
