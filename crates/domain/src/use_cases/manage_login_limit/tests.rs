use super::*;
use crate::mocks::MockLoginLimiter;
use crate::model::DailyFailures;
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

fn manage(limiter: MockLoginLimiter) -> ManageLoginLimit {
    ManageLoginLimit { limiter: Arc::new(limiter), limit_keys: limit_keys() }
}

/// A limiter that expects to clear exactly this.
fn clearing(expected: ClearedLimit, result: Result<(), PortError>) -> MockLoginLimiter {
    let mut limiter = MockLoginLimiter::new();
    let clear =
        limiter.expect_clear().withf(move |cleared, at| *cleared == expected && *at == request_time());
    clear.times(1).return_once(|_, _| result);
    limiter
}

fn address(text: &str) -> ClientAddress {
    ClientAddress::new(text.parse().unwrap())
}

#[tokio::test]
async fn the_counts_of_an_email_are_cleared_and_its_key_returned() {
    let key = limit_keys().email(&email());
    let manage = manage(clearing(ClearedLimit::Email(key), Ok(())));
    assert_eq!(manage.clear_email(&email(), request_time()).await.unwrap(), key);
}

// S-20
#[tokio::test]
async fn an_ipv6_address_is_cleared_with_its_networks() {
    let keys = limit_keys();
    for (text, network) in [("2001:db8:1:2::3", true), ("192.0.2.1", false), ("::ffff:192.0.2.1", false)] {
        let address = address(text);
        assert_eq!(keys.network(address).is_some(), network);
        let expected =
            ClearedLimit::Address { address: keys.address(address), network: keys.network(address) };
        manage(clearing(expected, Ok(()))).clear_address(address, request_time()).await.unwrap();
    }
}

#[tokio::test]
async fn counts_that_cannot_be_cleared_are_an_error() {
    let unavailable = || Err(port_error(PortErrorKind::Unavailable));
    let by_email = manage(clearing(ClearedLimit::Email(limit_keys().email(&email())), unavailable()));
    let failed = by_email.clear_email(&email(), request_time()).await;
    assert_eq!(failed.unwrap_err().kind(), PortErrorKind::Unavailable);

    let address = address("192.0.2.1");
    let cleared = ClearedLimit::Address { address: limit_keys().address(address), network: None };
    let by_address = manage(clearing(cleared, unavailable()));
    let failed = by_address.clear_address(address, request_time()).await;
    assert_eq!(failed.unwrap_err().kind(), PortErrorKind::Unavailable);
}

#[tokio::test]
async fn the_status_of_an_email_has_its_key() {
    let status = EmailLimitStatus {
        failures: 10,
        opens_in: Some(std::time::Duration::from_secs(61)),
        daily: Some(DailyFailures { unknown: 12, known: 1 }),
        known_addresses: 2,
    };
    let key = limit_keys().email(&email());
    let mut limiter = MockLoginLimiter::new();
    limiter
        .expect_status()
        .withf(move |asked, at| *asked == key && *at == request_time())
        .times(1)
        .return_once(move |_, _| Ok(status));
    assert_eq!(manage(limiter).status(&email(), request_time()).await.unwrap(), (key, status));
}
