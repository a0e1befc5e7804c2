//! Checks of the dependencies: at the start, while serving, and for `doctor`.

mod check;
mod log;
mod repeated;
mod start_up;

pub(crate) use check::check;
pub(crate) use log::log;
pub(crate) use repeated::RepeatedChecks;
pub(crate) use start_up::check_at_start;

#[cfg(test)]
mod tests;
