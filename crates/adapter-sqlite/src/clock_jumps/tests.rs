//! The clock jumps while the elapsed time goes on.

use auth_domain::ports::Clock;
use auth_testkit::TestClock;

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn hours(count: i64) -> i64 {
    count * to_microseconds(HOUR)
}

fn year() -> i64 {
    hours(8_760)
}

/// Watches a clock that shows `now` at the start. The returned function is the instant some hours later.
fn watched(after_start: Duration, now: i64) -> (ClockJumps, impl Fn(u32) -> Instant) {
    let start = TestClock::new().instant();
    let distrust = Distrust { after_start, after_jump: DAY };
    (ClockJumps::new(distrust, start, now), move |hours| start + HOUR * hours)
}

/// Takes a sample; returns the time by which rows may be deleted.
fn cleanup_time(jumps: &mut ClockJumps, instant: Instant, now: i64) -> Option<i64> {
    jumps.sample(instant, now);
    jumps.cleanup_time()
}

// S-61
#[test]
fn nothing_is_deleted_after_a_start_while_older_tokens_are_valid() {
    let (mut jumps, at) = watched(HOUR * 2, year());
    assert_eq!(cleanup_time(&mut jumps, at(1), year() + hours(1)), None);
    assert_eq!(cleanup_time(&mut jumps, at(1), hours(1)), None, "the clock was corrected");
    assert_eq!(cleanup_time(&mut jumps, at(2), hours(2)), Some(hours(2)));
}

// S-61
#[test]
fn a_jump_of_the_clock_ahead_does_not_count_for_a_day() {
    let (mut jumps, at) = watched(Duration::ZERO, 0);
    assert_eq!(cleanup_time(&mut jumps, at(1), hours(1)), Some(hours(1)));
    for hour in [2, 10, 25] {
        let now = hours(hour.into()) + year();
        assert_eq!(cleanup_time(&mut jumps, at(hour), now), Some(hours(hour.into())));
    }
    assert_eq!(cleanup_time(&mut jumps, at(26), hours(26) + year()), Some(hours(26) + year()));
}

// S-61
#[test]
fn a_corrected_clock_counts_at_once_and_a_later_jump_does_not() {
    let (mut jumps, at) = watched(Duration::ZERO, 0);
    assert_eq!(cleanup_time(&mut jumps, at(1), hours(101)), Some(hours(1)));
    assert_eq!(cleanup_time(&mut jumps, at(2), hours(52)), Some(hours(2)), "half of it was undone");
    assert_eq!(cleanup_time(&mut jumps, at(3), hours(2)), Some(hours(2)), "more than the rest was undone");
    assert_eq!(cleanup_time(&mut jumps, at(4), hours(13)), Some(hours(3)));
}

#[test]
fn a_machine_suspended_every_night_is_cleaned_up_a_day_later() {
    let (mut jumps, at) = watched(Duration::ZERO, 0);
    // The elapsed time stands while the machine is suspended: a day has 16 hours, and then the clock jumps by 8.
    for day in 1..100 {
        let time = cleanup_time(&mut jumps, at(16 * day), hours(24 * i64::from(day)));
        assert!(time >= Some(hours(24 * i64::from(day) - 16)), "{day}");
    }
}

// S-61
#[test]
fn the_next_process_goes_on_with_the_jumps_of_the_former_one() {
    let (mut former, at) = watched(Duration::ZERO, 0);
    former.sample(at(1), hours(1) + year());
    let jumps = former.jumps().to_vec();

    let (mut jumped_in_between, at) = watched(Duration::ZERO, year());
    jumped_in_between.restore(0, Vec::new(), None);
    assert_eq!(cleanup_time(&mut jumped_in_between, at(1), hours(1) + year()), Some(hours(1)));

    let (mut still_ahead, at) = watched(Duration::ZERO, hours(2) + year());
    still_ahead.restore(hours(1) + year(), jumps.clone(), None);
    assert_eq!(cleanup_time(&mut still_ahead, at(1), hours(3) + year()), Some(hours(2)));

    let (mut corrected, at) = watched(Duration::ZERO, hours(1));
    corrected.restore(hours(1) + year(), jumps, None);
    assert_eq!(cleanup_time(&mut corrected, at(1), hours(2)), Some(hours(2)));
}

#[test]
fn the_number_of_jumps_is_bounded() {
    let (mut jumps, at) = watched(Duration::ZERO, 0);
    for count in 1..=100 {
        jumps.sample(at(0), hours(count));
    }
    assert_eq!(jumps.jumps().len(), MAX_JUMPS);
    assert_eq!(jumps.cleanup_time(), Some(0));
}

// S-60
#[test]
fn access_tokens_are_remembered_until_they_expire_by_the_elapsed_time() {
    let (mut jumps, at) = watched(HOUR, 0);
    assert_eq!(jumps.ahead(), Duration::MAX, "the clock may have been ahead at the start");
    jumps.sample(at(1), hours(1));
    assert_eq!(jumps.ahead(), Duration::ZERO);
    jumps.sample(at(1), hours(5));
    assert_eq!(jumps.ahead(), HOUR * 4);
    jumps.sample(at(2), hours(6));
    assert_eq!(jumps.ahead(), Duration::ZERO, "all tokens from before the jump have expired");
}

#[test]
fn a_clock_is_trusted_some_time_after_a_jump_in_either_direction() {
    let (mut jumps, at) = watched(HOUR, 0);
    assert_eq!(jumps.settled_since(), None);
    for (start, jumped) in [(1, hours(50)), (3, hours(3))] {
        jumps.sample(at(start), jumped);
        assert_eq!(jumps.settled_since(), None);
        jumps.sample(at(start + 1), jumped + hours(1));
        assert_eq!(jumps.settled_since(), Some(jumped));
    }
}

// S-53
#[test]
fn a_clock_that_is_behind_is_not_trusted_until_it_is_corrected() {
    let (mut jumps, at) = watched(HOUR, year());
    let right = |hour: u32| year() + hours(hour.into());
    // Corrected twice: the correction of a clock that was behind is no jump that could be undone.
    for start in [1, 11] {
        jumps.sample(at(start), right(start));
        for hour in [start + 1, start + 5] {
            jumps.sample(at(hour), right(hour) - hours(4_800));
            assert_eq!(jumps.settled_since(), None, "behind at {hour}");
        }
        jumps.sample(at(start + 6), right(start + 6));
        assert_eq!(jumps.behind_until(), None);
        let paused = hours(i64::from(start / 10 + 1) * 5);
        assert_eq!(jumps.cleanup_time(), Some(right(start + 6) - paused), "the time behind and no more");
        jumps.sample(at(start + 7), right(start + 7));
        assert_eq!(jumps.settled_since(), Some(right(start + 6)));
    }
}

// S-53
#[test]
fn a_clock_that_was_ahead_and_is_then_behind_is_not_trusted() {
    let (mut jumps, at) = watched(HOUR, 0);
    jumps.sample(at(1), hours(1) + year());
    jumps.sample(at(2), hours(2) - hours(100));
    jumps.sample(at(4), hours(4) - hours(100));
    assert_eq!((jumps.settled_since(), jumps.behind_until()), (None, Some(hours(2))));
    jumps.sample(at(5), hours(5));
    jumps.sample(at(6), hours(6));
    assert_eq!(jumps.settled_since(), Some(hours(5)), "it is right");
}

// S-53
#[test]
fn a_clock_that_stays_back_is_trusted_when_it_reaches_the_old_time() {
    let (mut jumps, at) = watched(HOUR, 0);
    jumps.sample(at(1), hours(1) - hours(3));
    jumps.sample(at(3), 0);
    assert_eq!(jumps.settled_since(), None);
    jumps.sample(at(4), hours(1));
    assert_eq!(jumps.settled_since(), Some(hours(-2)));
}

// S-53
#[test]
fn the_next_process_knows_that_the_clock_is_behind() {
    let (mut behind, at) = watched(HOUR, hours(1));
    behind.restore(year(), Vec::new(), None);
    behind.sample(at(2), hours(3));
    assert_eq!((behind.settled_since(), behind.behind_until()), (None, Some(year())));

    let (mut still_behind, at) = watched(HOUR, hours(4));
    still_behind.restore(hours(3), Vec::new(), behind.behind_until());
    still_behind.sample(at(2), hours(6));
    assert_eq!(still_behind.settled_since(), None);

    let (mut corrected, at) = watched(HOUR, year() + hours(6));
    corrected.restore(hours(6), Vec::new(), still_behind.behind_until());
    corrected.sample(at(1), year() + hours(7));
    assert_eq!(corrected.settled_since(), Some(year() + hours(6)));
}
