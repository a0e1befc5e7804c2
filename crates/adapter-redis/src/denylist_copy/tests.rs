use super::*;

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);
const GONE_LIFE: Duration = Duration::from_mins(20);

#[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be made up, only read or moved")]
fn copy() -> (DenylistCopy, Instant) {
    let origin = Instant::now();
    (DenylistCopy::new(origin, GONE_LIFE), origin + SECOND)
}

fn token(number: u8) -> TokenId {
    TokenId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
}

#[test]
fn an_entry_is_held_for_its_life_and_forgotten_some_time_after() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(10 * SECOND), now);
    assert!(copy.holds(token(1), now + 10 * SECOND) && !copy.holds(token(2), now));
    assert!(!copy.holds(token(1), now + 10 * SECOND + 2 * TICK));
    copy.sweep(now + 11 * SECOND);
    assert_eq!(copy.len(), 1, "Redis may not have told of the end yet");
    copy.sweep(now + 11 * SECOND + SWEEP_GRACE);
    assert_eq!(copy.len(), 0);
}

#[test]
fn what_is_told_of_is_held_before_its_lifetime_is_known() {
    let (copy, now) = copy();
    copy.suspect(token(1), now);
    assert!(copy.holds(token(1), now + UNKNOWN_LIFE));
    copy.learn(token(1), Life::Left(SECOND), now);
    assert!(copy.holds(token(1), now + SECOND) && !copy.holds(token(1), now + 2 * SECOND));
}

#[test]
fn no_entry_is_shortened_or_lost_by_what_is_read_later() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(10 * SECOND), now);
    for later in [Life::Left(SECOND), Life::Gone] {
        copy.learn(token(1), later, now);
        copy.suspect(token(1), now);
        assert!(copy.holds(token(1), now + 10 * SECOND), "{later:?}");
    }
    copy.learn(token(1), Life::Left(20 * SECOND), now);
    assert!(copy.holds(token(1), now + 20 * SECOND));
    copy.learn(token(1), Life::Endless, now);
    copy.sweep(now + 1_000 * UNKNOWN_LIFE);
    assert!(copy.holds(token(1), now + 1_000 * UNKNOWN_LIFE));
}

#[test]
fn what_was_gone_when_asked_for_is_held_for_the_life_of_a_token() {
    let (copy, now) = copy();
    copy.suspect(token(1), now);
    copy.learn(token(1), Life::Gone, now);
    assert!(copy.holds(token(1), now) && !copy.holds(token(1), now + 2 * GONE_LIFE));
    copy.learn(token(2), Life::Gone, now);
    assert!(!copy.holds(token(2), now));
}

/// A second logout of a token whose first entry has run out, which a writer with a short lifetime can bring about.
#[test]
fn what_is_told_of_again_after_its_end_is_held_at_once() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(SECOND), now);
    let later = now + 3 * SECOND;
    assert!(!copy.holds(token(1), later));
    copy.suspect(token(1), later);
    assert!(copy.holds(token(1), later));
    copy.learn(token(1), Life::Left(SECOND), later);
    assert!(copy.holds(token(1), later + SECOND) && !copy.holds(token(1), later + 2 * SECOND));
}

/// The end of an entry is told, and before Redis was asked, another write.
#[test]
fn what_is_told_of_twice_is_held_until_both_are_answered() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(SECOND), now);
    let later = now + 3 * SECOND;
    copy.suspect(token(1), later);
    copy.suspect(token(1), later);
    copy.learn(token(1), Life::Gone, later);
    assert!(copy.holds(token(1), later));
}

#[test]
fn what_is_told_of_long_after_its_end_is_not_swept_before_redis_was_asked() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(SECOND), now);
    let later = now + SECOND + SWEEP_GRACE + SECOND;
    copy.suspect(token(1), later);
    copy.sweep(later);
    assert!(copy.holds(token(1), later));
}

/// The clock of Redis and ours round differently.
#[test]
fn what_is_told_of_just_before_its_end_does_not_lapse_before_redis_was_asked() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(SECOND), now);
    copy.suspect(token(1), now + SECOND);
    assert!(copy.holds(token(1), now + 2 * SECOND));
    copy.learn(token(1), Life::Gone, now + 2 * SECOND);
    assert!(!copy.holds(token(1), now + 2 * SECOND));
}

/// Redis tells of the end of an entry as of any other write.
#[test]
fn an_entry_whose_end_is_told_is_not_held_once_redis_was_asked() {
    let (copy, now) = copy();
    copy.learn(token(1), Life::Left(SECOND), now);
    let later = now + 3 * SECOND;
    copy.suspect(token(1), later);
    copy.learn(token(1), Life::Gone, later);
    assert!(!copy.holds(token(1), later));
    copy.sweep(later + SWEEP_GRACE);
    assert_eq!(copy.len(), 0);
}

#[test]
fn times_are_counted_in_tenths_of_a_second_and_end_with_the_count() {
    assert_eq!(ticks_in(Duration::from_millis(1_299)), 12);
    assert_eq!(ticks_in(Duration::MAX), FOREVER);
}

#[test]
fn the_three_kinds_of_lifetimes_are_told_apart() {
    assert_eq!(Life::of(1_500), Life::Left(Duration::from_millis(1_500)));
    assert_eq!((Life::of(-1), Life::of(-2)), (Life::Endless, Life::Gone));
}

#[test]
fn whoever_looks_after_the_copy_learns_how_long_signs_of_life_take() {
    let (copy, now) = copy();
    let (sender, receiver) = std::sync::mpsc::channel();
    copy.observe(Box::new(move |took| sender.send(took).unwrap()));
    copy.confirm(&AtomicBool::new(false), Moment { instant: now, unix_millis: 0 }, now + SECOND);
    assert_eq!(receiver.recv(), Ok(SECOND));
}
