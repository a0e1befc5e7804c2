//! The end of sessions.

use auth_domain::model::{EndReason, Timing, UserId, micros};
use auth_domain::ports::{EndSession, Ending, PortError};

use super::RedisSessionStore;
use super::revocation::Pending;
use crate::keys;
use crate::scripts::{END, END_ALL};
use crate::step::Step;

/// How many sessions of a user end in one step, so that no step holds up the server.
const BATCH: usize = 100;
/// How long the former service's refresh tokens live, in milliseconds: refusing them for so long refuses all.
const LEGACY_LIFE: u64 = 7 * 24 * 60 * 60 * 1_000;

impl RedisSessionStore {
    /// Ends a session and denylists its access tokens, then the one that goes with it.
    pub(super) async fn end_session(&self, end: &EndSession, timing: Timing) -> Result<Ending, PortError> {
        let (user_id, timing) = (end.session.user_id, self.store.on_server_clock(timing).await?);
        let step = Step::new(&END, &[&keys::session(end.session), &keys::sessions(user_id)])
            .at_any_clock()
            .arg(micros(timing.now()))
            .arg(end.session.session_id.to_string())
            .arg(end.reason.name())
            .arg(keys::refresh_prefix(user_id))
            .arg(self.margin())
            .arg(self.tombstone());
        let mut reply = self.store.run(&step, timing).await?;
        if reply.text()? == "unknown" {
            return Ok(Ending::Unknown);
        }
        self.complete(user_id, &Pending::read(&mut reply)?, end.also_revoke, timing).await?;
        Ok(Ending::Ended)
    }

    /// Ends every session of a user, and refuses what the former service issued to him.
    pub(super) async fn end_sessions(
        &self,
        user_id: UserId,
        reason: EndReason,
        timing: Timing,
    ) -> Result<usize, PortError> {
        let timing = self.store.on_server_clock(timing).await?;
        let step = Step::new(&END_ALL, &[&keys::sessions(user_id), &keys::legacy_refused(user_id)])
            .at_any_clock()
            .arg(micros(timing.now()))
            .arg(reason.name())
            .arg(keys::session_prefix(user_id))
            .arg(keys::refresh_prefix(user_id))
            .arg(self.margin())
            .arg(self.tombstone())
            .arg(BATCH)
            .arg(LEGACY_LIFE);
        let mut alive = 0;
        // What is done is not found again, so this ends; the deadline bounds it all the same.
        loop {
            let mut reply = self.store.run(&step, timing).await?;
            reply.text()?;
            alive += usize::try_from(reply.number()?).unwrap_or(0);
            let may_be_more = reply.number()? == 1;
            self.complete(user_id, &Pending::read(&mut reply)?, None, timing).await?;
            if !may_be_more {
                return Ok(alive);
            }
        }
    }
}
