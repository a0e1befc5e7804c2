//! Known addresses: when an address is known, and what then counts.

use super::*;
use crate::model::attempt_window::Success;
use crate::model::{LoginLimit, Reservation, Settlement};

const DAY: u64 = 24 * 3_600;

fn known(number: u8) -> Ticket {
    Ticket { attempt: login(number), is_known: true }
}

fn pair(number: u8) -> LimitKey {
    LimitKey::from_bytes([number; 16])
}

fn success(number: u8, seconds: u64) -> Success {
    Success { pair: pair(number), at: to_unix_microseconds(at(seconds)) }
}

/// Records of an email whose address is known since `at(0)`.
fn remembered(mut records: LimitRecords) -> LimitRecords {
    records.known_addresses = vec![Success { pair: PAIR, at: to_unix_microseconds(at(0)) }];
    records.known_emails = records.known_addresses.clone();
    records
}

fn reserve(records: LimitRecords, seconds: u64) -> Reservation {
    LIMITS.reserve(&login(9), records, at(seconds)).0
}

// S-91
#[test]
fn a_known_address_has_a_window_of_its_own() {
    let records = remembered(on_email(failures(&[1, 2, 3])));
    let (reservation, records) = LIMITS.reserve(&login(9), records, at(9));
    assert_eq!(reservation, Reservation::Reserved(known(9)));
    assert_eq!(records.window(EMAIL), failures(&[1, 2, 3]));
    assert_eq!((records.window(PAIR).len(), records.window(ADDRESS).len()), (1, 1));

    let full = remembered(windows([(PAIR, failures(&[1, 2, 3]))]));
    let Reservation::Rejected { limit, key, retry_after } = reserve(full, 9) else { panic!("not rejected") };
    assert_eq!((limit, key, retry_after), (LoginLimit::Pair, PAIR, Duration::from_secs(292)));
}

#[test]
fn an_address_is_known_for_a_time_and_for_few_emails() {
    let unknown = Reservation::Reserved(ticket(9));
    let once = remembered(LimitRecords::default());
    assert_eq!(reserve(once.clone(), DAY - 1), Reservation::Reserved(known(9)));
    assert_eq!(reserve(once.clone(), DAY), unknown);

    let mut shared = once.clone();
    shared.known_emails.extend([success(10, 1), success(11, 1)]);
    assert_eq!(reserve(shared.clone(), 9), unknown);
    // Once the first of the three emails has left, two are known.
    shared.known_addresses = vec![Success { pair: PAIR, at: to_unix_microseconds(at(1)) }];
    assert_eq!(reserve(shared.clone(), DAY), Reservation::Reserved(known(9)));

    let off = LoginLimits { known_for: None, ..LIMITS };
    assert_eq!(off.reserve(&login(9), once, at(9)).0, unknown);
    let without = LoginAttempt { origin: None, ..login(9) };
    let expected = Reservation::Reserved(Ticket { attempt: without, is_known: false });
    assert_eq!(LIMITS.reserve(&without, shared, at(9)).0, expected);
}

#[test]
fn a_success_is_remembered_and_the_least_recent_one_leaves() {
    let records = LimitRecords {
        known_addresses: vec![success(20, 1), success(21, 2)],
        known_emails: vec![success(20, 1), success(21, 2), success(22, 5_000)],
        ..LimitRecords::default()
    };
    let settled = LIMITS.settle(&ticket(1), Settlement::Succeeded, records, at(9));
    let own = Success { pair: PAIR, at: to_unix_microseconds(at(9)) };
    assert_eq!(settled.known_addresses, [success(21, 2), own]);
    // The time in the future counts as now, and the list of the address has one more than its limit.
    assert_eq!(settled.known_emails, [success(21, 2), own, success(22, 9)]);

    let later = LIMITS.settle(&ticket(1), Settlement::Succeeded, settled, at(DAY + 5));
    assert_eq!(later.known_addresses, [Success { pair: PAIR, at: to_unix_microseconds(at(DAY + 5)) }]);
    for outcome in [Settlement::Failed, Settlement::Abandoned] {
        assert_eq!(
            LIMITS.settle(&ticket(1), outcome, LimitRecords::default(), at(9)),
            LimitRecords::default()
        );
    }
}

// S-91
#[test]
fn a_success_from_a_known_address_keeps_what_strangers_did() {
    let stored = windows([(EMAIL, failures(&[1, 2])), (PAIR, failures(&[3])), (ADDRESS, failures(&[3]))]);
    let settled = LIMITS.settle(&known(9), Settlement::Succeeded, stored.clone(), at(9));
    assert_eq!(settled.window(EMAIL), failures(&[1, 2]));
    assert!(settled.window(PAIR).is_empty() && settled.window(ADDRESS).is_empty());

    let settled = LIMITS.settle(&ticket(9), Settlement::Succeeded, stored, at(9));
    assert!(settled.window(EMAIL).is_empty() && settled.window(ADDRESS).is_empty());
    assert_eq!(settled.window(PAIR), failures(&[3]));
}

#[test]
fn abandoning_removes_an_attempt_from_its_window_whatever_its_ticket() {
    let (_, records) = LIMITS.reserve(&login(9), remembered(LimitRecords::default()), at(9));
    let settled = LIMITS.settle(&ticket(9), Settlement::Abandoned, records, at(9));
    assert!(settled.window(PAIR).is_empty() && settled.window(ADDRESS).is_empty());
}

// S-20
#[test]
fn a_network_has_a_window_of_its_own() {
    let origin = Origin { network: Some(NETWORK), ..ORIGIN };
    let attempt = LoginAttempt { origin: Some(origin), ..login(9) };
    let stored = windows([(NETWORK, failures(&[1, 2, 3, 4]))]);
    let expected = Reservation::Rejected {
        limit: LoginLimit::Network,
        key: NETWORK,
        retry_after: Duration::from_secs(292),
    };
    assert_eq!(LIMITS.reserve(&attempt, stored.clone(), at(9)).0, expected);
    let (_, counted) = LIMITS.reserve(&attempt, LimitRecords::default(), at(9));
    assert_eq!(counted.window(NETWORK).len(), 1);
    // S-91: a known address does not count on it.
    let (reservation, counted) = LIMITS.reserve(&attempt, remembered(stored.clone()), at(9));
    assert_eq!(reservation, Reservation::Reserved(Ticket { attempt, is_known: true }));
    assert_eq!(counted.window(NETWORK), stored.window(NETWORK));
}

#[test]
fn an_exempt_address_is_not_counted_but_its_emails_are() {
    let origin = Origin { network: Some(NETWORK), is_exempt: true, ..ORIGIN };
    let attempt = LoginAttempt { origin: Some(origin), ..login(9) };
    let stored = windows([(ADDRESS, failures(&[1, 2, 3])), (NETWORK, failures(&[1, 2, 3, 4]))]);
    let (reservation, counted) = LIMITS.reserve(&attempt, stored.clone(), at(9));
    assert_eq!(reservation, Reservation::Reserved(Ticket { attempt, is_known: false }));
    assert_eq!((counted.window(ADDRESS), counted.window(EMAIL).len()), (stored.window(ADDRESS), 1));
}
