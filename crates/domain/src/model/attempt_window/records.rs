//! What stores keep for the login limit.

use std::collections::BTreeMap;

use super::attempt::Attempt;
use super::daily_count::DailyCount;
use super::success::Success;
use crate::model::LimitKey;

/// What a store keeps on the limit keys of one login attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitRecords {
    pub(super) windows: BTreeMap<LimitKey, Vec<Attempt>>,
    /// The known addresses of the email, from the least recent success.
    pub known_addresses: Vec<Success>,
    /// The emails that succeeded from the address, from the least recent success.
    pub known_emails: Vec<Success>,
    /// The daily count of the email, if it is in it.
    pub daily: Option<DailyCount>,
}

impl LimitRecords {
    /// The attempts on a limit key, from the oldest to the newest.
    #[must_use]
    pub fn window(&self, key: LimitKey) -> &[Attempt] {
        self.windows.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Replaces the attempts on a limit key.
    pub fn set_window(&mut self, key: LimitKey, window: Vec<Attempt>) {
        if window.is_empty() {
            self.windows.remove(&key);
        } else {
            self.windows.insert(key, window);
        }
    }

    /// Changes the attempts on a limit key.
    pub(super) fn update(&mut self, key: LimitKey, change: impl FnOnce(Vec<Attempt>) -> Vec<Attempt>) {
        let window = self.windows.remove(&key).unwrap_or_default();
        self.set_window(key, change(window));
    }
}
