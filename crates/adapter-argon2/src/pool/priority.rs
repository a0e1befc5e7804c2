//! The scheduling priority of the threads that compute hashes. Linux has a nice value for each thread.

use std::sync::Once;

use auth_domain::model::Event;
use rustix::io;
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;
use tracing::debug;

/// How much is added to the nice value of a hash thread. At 5, a worker that has something to do gets three times the share of a
/// hash thread. On an idle processor a hash is as fast as without it.
pub(super) const NICER: i32 = 5;
/// The lowest priority.
const MAX_NICE: i32 = 19;

/// Lowers the priority of the calling thread, so that refreshes and verifications wait less for hashes.
pub(super) fn lower() {
    static LOGGED: Once = Once::new();
    if let Err(error) = add_to_nice_value() {
        LOGGED.call_once(|| {
            debug!(event = Event::HashPriorityNotLowered.name(), %error, "the priority of the threads for password hashes cannot be lowered; a flood of logins delays other requests more");
        });
    }
}

fn add_to_nice_value() -> io::Result<()> {
    let thread = Some(gettid());
    let nice = getpriority_process(thread)?;
    setpriority_process(thread, nice.saturating_add(NICER).min(MAX_NICE))
}
