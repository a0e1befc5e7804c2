//! Tests of the figures and of the parsers.
#![expect(clippy::float_cmp, reason = "the figures are exact")]

mod figures;
mod output;

use figures::{Aim, Outcome, harmonic, median};
use output::{Ticks, pgbench, redis_benchmark, stat, status_mib, wrk};

#[test]
fn median_is_the_sample_in_the_middle() {
    assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median([4.0, 1.0]), 4.0);
    assert_eq!(median([]), 0.0);
}

#[test]
fn harmonic_sum_is_below_the_slowest_rate() {
    assert_eq!(harmonic(&[100.0, 100.0]), 50.0);
    assert!((harmonic(&[1e9, 10.0]) - 10.0).abs() < 1e-6);
}

#[test]
fn miss_below_five_percent_is_noise() {
    assert_eq!(Aim::AtLeast(0.9).outcome(0.9), Outcome::Met);
    assert_eq!(Aim::AtLeast(0.9).outcome(0.87), Outcome::Noise);
    assert_eq!(Aim::AtLeast(0.9).outcome(0.8), Outcome::Missed);
    assert_eq!(Aim::AtMost(24.0).outcome(23.0), Outcome::Met);
    assert_eq!(Aim::AtMost(24.0).outcome(25.0), Outcome::Noise);
    assert_eq!(Aim::AtMost(24.0).outcome(60.0), Outcome::Missed);
    assert_eq!(Outcome::Missed.name(), "MISSED");
}

#[test]
fn line_of_the_wrk_script_becomes_rates_and_percentiles() {
    let text =
        "Running 3s test\nbench: requests=3000 micros=1500000 p50=1200 p99=34567 rejected=2 failed=1\n";
    let load = wrk(text).unwrap();
    assert_eq!(load.requests, 3000.0);
    assert_eq!(load.rate, 2000.0);
    assert_eq!((load.p50, load.p99), (1.2, 34.567));
    assert_eq!((load.rejected, load.failed), (2.0, 1.0));
    assert_eq!(wrk("Running 3s test"), None);
    assert_eq!(wrk("bench: requests=1"), None);
}

#[test]
fn rate_of_redis_benchmark_follows_a_quoted_command() {
    let text = "\"test\",\"rps\",\"avg\",\"min\",\"p50\",\"p95\",\"p99\",\"max\"\n\
                \"eval return \"1\",2 1\",\"46000.50\",\"1.0\",\"0.1\",\"1.0\",\"1.2\",\"1.3\",\"2.0\"\n";
    assert_eq!(redis_benchmark(text), Some(46_000.5));
    assert_eq!(redis_benchmark("Could not connect"), None);
}

#[test]
fn rate_of_pgbench_is_in_the_line_of_tps() {
    let text = "latency average = 0.2 ms\ntps = 41234.5 (without initial connection time)\n";
    assert_eq!(pgbench(text), Some(41_234.5));
    assert_eq!(pgbench("FATAL"), None);
}

#[test]
fn processor_time_includes_ended_children() {
    let text = "12 (a name) with) S 1 12 12 0 -1 4194560 1 2 3 4 70 30 7 3 20 0 9 0 100";
    assert_eq!(stat(text), Some(Ticks { user: 77.0, system: 33.0 }));
    assert_eq!(stat("12 (name"), None);
}

#[test]
fn memory_is_read_in_mebibytes() {
    let text = "Name:\tx\nVmHWM:\t    4096 kB\nVmRSS:\t    2048 kB\n";
    assert_eq!(status_mib(text, "VmRSS"), Some(2.0));
    assert_eq!(status_mib(text, "VmHWM"), Some(4.0));
    assert_eq!(status_mib(text, "VmSwap"), None);
}
