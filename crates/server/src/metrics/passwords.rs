//! Metrics of password hashes: their queue, and their time.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::HashFormat;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};

use super::histogram::Histogram;
use super::reading::{CounterReading, GaugeReading};
use crate::login_limiter::QueueLoad;
use crate::password_hashing::PasswordHashing;

/// Upper bounds in seconds, from a small hash to a legacy hash on a busy machine.
const TIMES: [f64; 11] = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// The formats with an algorithm of their own. Legacy hashes are Argon2id.
const FORMATS: [HashFormat; 4] =
    [HashFormat::Argon2id, HashFormat::Bcrypt, HashFormat::Pbkdf2, HashFormat::Scrypt];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FormatLabels {
    format: &'static str,
}

/// Registers the metrics of `hashing`, and of the logins that wait before it.
pub(super) fn register(registry: &mut Registry, hashing: &Arc<dyn PasswordHashing>, load: &Arc<QueueLoad>) {
    let running = hashing.clone();
    let reading = GaugeReading(move || number(running.running()));
    registry.register("password_hashes_running", "Passwords whose hash is being computed", reading);
    let (queued, waiting) = (hashing.clone(), load.clone());
    let reading = GaugeReading(move || number(queued.queued()).saturating_add(waiting.waiting()));
    registry.register("password_hashes_queued", "Passwords that wait for their hash", reading);
    let (rejected, dropped) = (hashing.clone(), load.clone());
    let reading = CounterReading(move || rejected.rejected().saturating_add(dropped.rejected()));
    let help = "Passwords that were rejected without a hash: the queue was full, too slow, or had no memory";
    registry.register("password_hashes_rejected", help, reading);
    let times: Family<FormatLabels, Histogram> = Family::new_with_constructor(|| Histogram::of_times(&TIMES));
    let each = FORMATS.map(|format| times.get_or_create_owned(&FormatLabels { format: format.name() }));
    hashing.observe_times(Box::new(move |format, time| observe(&each, format, time)));
    let help = "Time on a thread that one password took in the algorithm of a format";
    registry.register_with_unit("password_hash_duration", help, Unit::Seconds, times);
}

/// Observes a hash. There is one histogram per format, in the order of [`FORMATS`].
fn observe(histograms: &[Histogram; 4], format: HashFormat, time: Duration) {
    let mut of_format = FORMATS.into_iter().zip(histograms).filter(|(of, _)| *of == format);
    if let Some((_, histogram)) = of_format.next() {
        histogram.observe_time(time);
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
