//! Waiting for descriptors.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Blocks the thread until a non-blocking descriptor can be written, or a signal arrives.
///
/// # Errors
/// The error of the system.
pub(crate) fn wait_until_writable(target: &impl AsFd) -> io::Result<()> {
    match poll(&mut [PollFd::new(target, PollFlags::OUT)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
