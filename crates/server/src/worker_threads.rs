//! The number of worker threads.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// Returns the number of worker threads of the server: the number of cores.
pub(crate) fn worker_threads() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}
