//! The login limit of one email, for administrators.

use time::OffsetDateTime;

use super::limits::LoginLimits;
use super::records::LimitRecords;
use super::success::Success;
use super::window::{opens_at, slide};
use crate::model::{EmailLimitStatus, LimitKey, from_microseconds, to_microseconds, to_unix_microseconds};

impl LoginLimits {
    /// Returns what the records of an email mean at `now`.
    #[must_use]
    pub fn status(
        &self,
        email: LimitKey,
        mut records: LimitRecords,
        now: OffsetDateTime,
    ) -> EmailLimitStatus {
        let now = to_unix_microseconds(now);
        let window = slide(records.window(email).to_vec(), self.window_length(), now);
        records.daily = records.daily.and_then(|daily| daily.slide(now));
        let opens_at = opens_at(&window, self.max_failures, self.window_length(), now)
            .max(self.daily_failures.and_then(|limit| records.daily?.unknown_opens_at(limit, now)));
        EmailLimitStatus {
            failures: count(window.iter().filter(|attempt| attempt.is_failure(now))),
            opens_in: opens_at.map(|at| from_microseconds(at.saturating_sub(now))),
            daily: self.daily_failures.and(records.daily).map(|daily| daily.failures()),
            known_addresses: self.known_for.map_or(0, |known_for| {
                let since = now.saturating_sub(to_microseconds(known_for));
                count(records.known_addresses.iter().filter(|Success { at, .. }| *at > since))
            }),
        }
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
