use super::*;

const SECOND: Duration = Duration::from_secs(1);
const TENTH: Duration = Duration::from_millis(100);
const GONE_LIFETIME: Duration = Duration::from_mins(20);

#[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be constructed, only read or moved")]
fn cache() -> (DenylistCache, Instant) {
    let origin = Instant::now();
    (DenylistCache::new(origin, GONE_LIFETIME), origin + SECOND)
}

fn token(number: u8) -> TokenId {
    TokenId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
}

#[test]
fn entry_expires_and_is_removed_some_time_later() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(10 * SECOND), now);
    assert!(cache.contains(token(1), now + 10 * SECOND) && !cache.contains(token(2), now));
    assert!(!cache.contains(token(1), now + 10 * SECOND + 2 * TENTH));
    cache.clean_up(now + 11 * SECOND);
    assert_eq!(cache.len(), 1, "Redis may not have reported the end yet");
    cache.clean_up(now + 11 * SECOND + CLEANUP_DELAY);
    assert_eq!(cache.len(), 0);
}

#[test]
fn invalidated_token_is_revoked_before_its_lifetime_is_known() {
    let (cache, now) = cache();
    cache.invalidate(token(1), now);
    assert!(cache.contains(token(1), now + PROVISIONAL_LIFETIME));
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), now);
    assert!(cache.contains(token(1), now + SECOND) && !cache.contains(token(1), now + 2 * SECOND));
}

#[test]
fn no_entry_is_shortened_or_lost_by_a_later_lifetime() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(10 * SECOND), now);
    for later in [Lifetime::Left(SECOND), Lifetime::Gone] {
        cache.set_lifetime(token(1), later, now);
        cache.invalidate(token(1), now);
        assert!(cache.contains(token(1), now + 10 * SECOND), "{later:?}");
    }
    cache.set_lifetime(token(1), Lifetime::Left(20 * SECOND), now);
    assert!(cache.contains(token(1), now + 20 * SECOND));
    cache.set_lifetime(token(1), Lifetime::Endless, now);
    cache.clean_up(now + 1_000 * PROVISIONAL_LIFETIME);
    assert!(cache.contains(token(1), now + 1_000 * PROVISIONAL_LIFETIME));
}

#[test]
fn entry_that_is_gone_when_asked_for_lives_as_long_as_a_token() {
    let (cache, now) = cache();
    cache.invalidate(token(1), now);
    cache.set_lifetime(token(1), Lifetime::Gone, now);
    assert!(cache.contains(token(1), now) && !cache.contains(token(1), now + 2 * GONE_LIFETIME));
    cache.set_lifetime(token(2), Lifetime::Gone, now);
    assert!(!cache.contains(token(2), now));
}

/// A second revocation of a token whose first entry has expired, as a writer with a short lifetime may cause.
#[test]
fn invalidation_after_the_end_revokes_at_once() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), now);
    let later = now + 3 * SECOND;
    assert!(!cache.contains(token(1), later));
    cache.invalidate(token(1), later);
    assert!(cache.contains(token(1), later));
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), later);
    assert!(cache.contains(token(1), later + SECOND) && !cache.contains(token(1), later + 2 * SECOND));
}

/// The end of an entry, and another write before Redis was asked.
#[test]
fn entry_with_two_invalidations_stays_until_both_are_answered() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), now);
    let later = now + 3 * SECOND;
    cache.invalidate(token(1), later);
    cache.invalidate(token(1), later);
    cache.set_lifetime(token(1), Lifetime::Gone, later);
    assert!(cache.contains(token(1), later));
}

#[test]
fn entry_invalidated_long_after_its_end_survives_a_cleanup() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), now);
    let later = now + SECOND + CLEANUP_DELAY + SECOND;
    cache.invalidate(token(1), later);
    cache.clean_up(later);
    assert!(cache.contains(token(1), later));
}

/// The clocks of Redis and of this process round differently.
#[test]
fn entry_invalidated_just_before_its_end_stays_until_redis_was_asked() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), now);
    cache.invalidate(token(1), now + SECOND);
    assert!(cache.contains(token(1), now + 2 * SECOND));
    cache.set_lifetime(token(1), Lifetime::Gone, now + 2 * SECOND);
    assert!(!cache.contains(token(1), now + 2 * SECOND));
}

/// Redis reports the end of an entry like any other write.
#[test]
fn expired_entry_is_gone_once_redis_was_asked() {
    let (cache, now) = cache();
    cache.set_lifetime(token(1), Lifetime::Left(SECOND), now);
    let later = now + 3 * SECOND;
    cache.invalidate(token(1), later);
    cache.set_lifetime(token(1), Lifetime::Gone, later);
    assert!(!cache.contains(token(1), later));
    cache.clean_up(later + CLEANUP_DELAY);
    assert_eq!(cache.len(), 0);
}

#[test]
fn tenths_of_a_second_are_rounded_down_and_saturate() {
    assert_eq!(tenths(Duration::from_millis(1_299)), 12);
    assert_eq!(tenths(Duration::MAX), NEVER);
}

#[test]
fn replies_to_pttl_are_three_kinds_of_lifetimes() {
    assert_eq!(Lifetime::from_pttl(1_500), Lifetime::Left(Duration::from_millis(1_500)));
    assert_eq!((Lifetime::from_pttl(-1), Lifetime::from_pttl(-2)), (Lifetime::Endless, Lifetime::Gone));
}

#[test]
fn lag_observer_receives_the_round_trip_of_a_heartbeat() {
    let (cache, now) = cache();
    let (sender, receiver) = std::sync::mpsc::channel();
    cache.observe_lag(Box::new(move |lag| sender.send(lag).unwrap()));
    cache.renew_trust(
        &AtomicBool::new(false),
        LocalTime { instant: now, unix_milliseconds: 0 },
        now + SECOND,
    );
    assert_eq!(receiver.recv(), Ok(SECOND));
}
