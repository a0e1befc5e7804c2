//! The cost of scanning client input.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

const SMALL: usize = 30_000;
const LARGE: usize = 120_000;
const MAX_RATIO: u32 = 8;
const SAMPLES: usize = 5;
/// A scan that costs less than this always passes, so that noise does not fail a very cheap scan. A quadratic scan of
/// 120 kB costs a hundred times as much.
const NOISE: Duration = Duration::from_micros(200);

/// The CPU time of this thread, which excludes other programs on the machine.
fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Asserts that scanning 120 kB costs less than eight times as much as scanning 30 kB, by the fastest of five runs.
///
/// A linear scan costs four times as much, a quadratic one sixteen times.
///
/// # Panics
/// If the scan is not linear. The message contains `name` and both costs.
pub fn assert_linear<I, T>(name: &str, input: impl Fn(usize) -> I, scan: impl Fn(&I) -> T) {
    let cost = |bytes| {
        let input = input(bytes);
        let samples = (0..SAMPLES).map(|_| {
            let started = thread_cpu_time();
            black_box(scan(black_box(&input)));
            thread_cpu_time().saturating_sub(started)
        });
        samples.min().unwrap_or_default()
    };
    let (small, large) = (cost(SMALL), cost(LARGE));
    assert!(large < small * MAX_RATIO + NOISE, "{name:?}: 30 kB cost {small:?}, 120 kB cost {large:?}");
}

/// Asserts that a reader of JSON objects is linear, with inputs that make a quadratic reader slow.
///
/// # Panics
/// If the reader is not linear, as [`assert_linear`] does.
pub fn assert_linear_in_json<T>(name: &str, read: impl Fn(&[u8]) -> T) {
    let repeats: [(&str, &str, &str); 12] = [
        ("{\"a\":\"", "x", "\"}"),
        ("{\"a\":\"", "\\u0061", "\"}"),
        ("{\"a\":\"", "\\\\", "\"}"),
        ("{\"a\":\"", "\\\"", ""),
        ("{\"a\":\"", "\\ud83d\\ude00", "\"}"),
        ("{\"a\":", "1", "}"),
        ("{\"a\":1e", "1", "}"),
        ("{\"a\":[", "{},", "{}]}"),
        ("{\"a\":", "[", ""),
        ("", "{\"a\":", ""),
        ("{", " ", "}"),
        ("{\"a\":0", ",\"a\":0", "}"),
    ];
    for (before, part, after) in repeats {
        let input = |bytes: usize| format!("{before}{}{after}", part.repeat(bytes / part.len()));
        assert_linear(&format!("{name} of {before}{part}…{after}"), input, |text| read(text.as_bytes()));
    }
    for prefix in ["", "all names begin with these forty-two letters "] {
        let input = |bytes: usize| {
            let members = (0..bytes / (prefix.len() + 11)).map(|n| format!("\"{prefix}{n:06}\":0"));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        assert_linear(&format!("{name} of many members, {prefix}"), input, |text| read(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        vec![b'x'; count]
    }

    // S-89
    #[test]
    fn a_linear_scan_passes() {
        assert_linear("linear", bytes, |bytes| bytes.contains(&b'y'));
    }

    // S-89
    #[test]
    #[should_panic(expected = "120 kB cost")]
    fn a_quadratic_scan_fails() {
        assert_linear("quadratic", bytes, |bytes| {
            (0..bytes.len()).step_by(40).filter(|end| bytes[..*end].contains(&b'y')).count()
        });
    }
}
