//! Decorators of the [`LoginLimiter`] port. A store counts attempts; the decorators queue, cap, order and repeat calls in
//! this process.
//!
//! An attempt passes them in this order:
//!
//! 1. [`RetryingLoginLimiter`] repeats settlements after an outage of the store.
//! 2. [`QueueingLoginLimiter`] lets attempts wait while the limit is taken by attempts in flight, first in, first out.
//! 3. [`CappingLoginLimiter`] caps the share of the password queue that one address holds.
//! 4. [`PrioritizingLoginLimiter`] orders attempts by class of address when passwords arrive faster than they are verified.
//! 5. The limiter of the store.

mod capping;
mod password_queue;
mod prioritizing;
mod queueing;
mod retrying;

use std::sync::Arc;

use auth_domain::ports::{Clock, Entropy, LoginLimiter};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use capping::CappingLoginLimiter;
pub(crate) use password_queue::{Capacity, PasswordQueue, QueueLoad};
use prioritizing::PrioritizingLoginLimiter;
use queueing::QueueingLoginLimiter;
use retrying::RetryingLoginLimiter;

/// Returns the limiter of the store with all decorators around it. Retries run in tasks of `runtime` until `stopping`.
pub(crate) fn decorated(
    store: Arc<dyn LoginLimiter>,
    password_queue: PasswordQueue,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    runtime: Handle,
    stopping: CancellationToken,
) -> Arc<dyn LoginLimiter> {
    let limiter =
        PrioritizingLoginLimiter::new(store, password_queue.clone(), clock.clone(), entropy.clone());
    let limiter = CappingLoginLimiter::new(Arc::new(limiter), password_queue);
    let limiter = QueueingLoginLimiter::new(Arc::new(limiter), entropy);
    Arc::new(RetryingLoginLimiter::new(Arc::new(limiter), clock, runtime, stopping))
}
