//! Whether this process may be cut off from the network together with a former primary.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::ports::{PortError, PortErrorKind};

use super::sentinels::SentinelAnswers;
use crate::address::Form;
use crate::error::{StoreError, StoreResult};
use crate::replication::Replication;

/// How long most sentinels must be silent.
const SILENCE: Duration = Duration::from_secs(10);
/// With fewer sentinels, one that is dead would be most of them.
const MIN_SENTINELS: usize = 3;

/// If most sentinels are silent, and the primary has no connected replica either, others have probably replaced it. Logouts at the
/// new primary are then unknown here.
#[derive(Default)]
pub(crate) struct Isolation {
    /// Since when most sentinels are silent.
    since: Mutex<Option<Instant>>,
    is_cut_off: AtomicBool,
}

impl Isolation {
    /// Notes the outcome of a discovery.
    ///
    /// # Parameters
    /// - `replication`: the replicas of the primary at the last check, if they are known.
    pub(super) fn note(
        &self,
        form: &Form,
        answers: &SentinelAnswers,
        replication: Option<&Replication>,
        now: Instant,
    ) {
        let sentinels = form.sentinels().len();
        // An error, such as a rejected password, is an answer as well.
        let is_silent = |error: &PortError| error.kind() == PortErrorKind::Unavailable;
        let answering = answers.iter().filter(|(_, answer)| !answer.as_ref().is_err_and(is_silent)).count();
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if sentinels < MIN_SENTINELS || answering > sentinels / 2 {
            *since = None;
            self.is_cut_off.store(false, Ordering::Release);
        } else if now.saturating_duration_since(*since.get_or_insert(now)) >= SILENCE
            && let Some(replication) = replication
        {
            self.is_cut_off.store(replication.current().next().is_none(), Ordering::Release);
        }
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Acquire)
    }

    /// Checks that the primary may still be one.
    ///
    /// # Errors
    /// If this process is probably cut off.
    pub(crate) fn check(&self) -> StoreResult<()> {
        if !self.is_cut_off() {
            return Ok(());
        }
        let reason =
            "most sentinels are silent, and the primary has no replica: another server may have replaced it";
        Err(StoreError::NotExecuted(PortError::unavailable(reason)))
    }
}
