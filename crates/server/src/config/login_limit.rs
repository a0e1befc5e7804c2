//! `login_limit`: the limit of failed logins per email and per address.

use std::time::Duration;

use super::reader::Reader;
use super::values;

/// `login_limit`
#[derive(Debug)]
pub(crate) struct LoginLimitSettings {
    pub(crate) max_failures: u32,
    pub(crate) window: Duration,
}

impl LoginLimitSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let max_failures = reader.read("login_limit.max_failures", values::positive);
        let window = reader.read("login_limit.window", values::lifetime);
        Some(Self { max_failures: max_failures?, window: window? })
    }
}
