//! Rejections that a client repeats: after the first ones in a minute they share one record, so that no client fills the disk.

use std::net::IpAddr;
use std::sync::LazyLock;

use auth_domain::model::ClientAddress;
use auth_domain::ports::Clock;

use super::occurrence::{Actor, Details, Occurrence};
use super::record_line::record_line;
use super::security_event::SecurityEvent;
use super::source::Source;
use crate::rejection_sampler::{RejectionSampler, Suppressed};
use crate::system::SystemClock;

/// The sampler of the audit stream of this process. It has the rule of the log, and counts of its own.
static SAMPLER: LazyLock<RejectionSampler> = LazyLock::new(RejectionSampler::default);

/// Returns whether an event gets a record of its own.
pub(super) fn admits(occurrence: &Occurrence<'_>, source: &Source) -> bool {
    if !occurrence.event.is_repeatable() {
        return true;
    }
    let client = match source {
        Source::Request { client: Some(client), .. } => client.ip().to_string(),
        Source::Request { client: None, .. } | Source::Command | Source::Service => "-".to_owned(),
    };
    let reason = occurrence.reason.map(|reason| reason.to_string()).unwrap_or_default();
    SAMPLER.admits(client, occurrence.event.event(), reason, SystemClock.instant())
}

/// Returns a record for each minute that has ended, client and reason with rejections that have none of their own.
pub(super) fn ended() -> Vec<Vec<u8>> {
    SAMPLER.take_ended(SystemClock.instant()).iter().map(record).collect()
}

/// Like [`ended`], of all minutes: the process ends.
pub(super) fn all() -> Vec<Vec<u8>> {
    SAMPLER.take_all().iter().map(record).collect()
}

fn record(Suppressed { key, count }: &Suppressed) -> Vec<u8> {
    let details = Details { suppressed: Some(key.event.name()), count: Some(*count), ..Details::default() };
    let event = Occurrence::new(SecurityEvent::RejectionsSuppressed, Actor::Service);
    let mut event = event.reason(&key.reason).details(details);
    event.subject.address = key.client.parse::<IpAddr>().ok().map(ClientAddress::new);
    record_line(&event, &Source::Service)
}
