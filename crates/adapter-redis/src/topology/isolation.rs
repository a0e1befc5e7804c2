//! Whether this process may be cut off from the network together with a former primary.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::ports::{PortError, PortErrorKind};
use redis::Pipeline;

use super::links::{Asking, Links};
use super::sentinels::SentinelAnswers;
use crate::address::Form;
use crate::connection::Server;
use crate::error::{StoreError, StoreResult};
use crate::replication::Replication;
use crate::replies::{exactly, read, success};

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
    /// Asks the primary for its replicas if most sentinels have been silent for long. Not every process checks it regularly: a
    /// verifier does not.
    pub(super) async fn ask_primary(&self, server: Option<&Server>, links: &mut Links, asking: Asking<'_>) {
        let Some(server) = server.filter(|_| self.is_suspected(asking.clock.instant())) else {
            *links = Links::default();
            return;
        };
        let mut info = Pipeline::new();
        info.cmd("INFO").arg("replication");
        let (primary, first) = ([server.address().clone()], (1, Duration::ZERO));
        for (_, answer) in links.ask(&primary, &info, None, first, asking).await {
            // The user may lack the right.
            let replication = answer.and_then(exactly).and_then(|[info]| read::<String>(success(info)?));
            if let Ok(replication) = replication {
                server.note_replication(Some(Replication::parse(&replication)));
            }
        }
    }

    /// Returns whether most sentinels have been silent for long.
    fn is_suspected(&self, now: Instant) -> bool {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| now.saturating_duration_since(since) >= SILENCE)
    }

    /// Notes the outcome of a discovery.
    ///
    /// # Parameters
    /// - `replication`: the replicas of the primary, if they are known.
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
        let is_silent = sentinels >= MIN_SENTINELS && answering <= sentinels / 2;
        self.note_silence(is_silent.then_some(now));
        if !is_silent {
            self.is_cut_off.store(false, Ordering::Release);
        } else if let Some(replication) = replication.filter(|_| self.is_suspected(now)) {
            self.is_cut_off.store(replication.current().next().is_none(), Ordering::Release);
        }
    }

    fn note_silence(&self, at: Option<Instant>) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = at.map(|at| since.unwrap_or(at));
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
