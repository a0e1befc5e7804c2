//! The end of sessions.

use auth_domain::model::{EndReason, EndSession, Ending, RequestTime, UserId, to_unix_microseconds};
use auth_domain::ports::PortError;

use super::RedisSessionStore;
use super::revocation::Pending;
use crate::keys;
use crate::scripts::{END, END_ALL};
use crate::step::Step;

/// How many sessions of a user end in one step, so that no step holds up the server.
const BATCH: usize = 100;
/// How long the former service's refresh tokens live, in milliseconds: refusing them for so long rejects all.
const LEGACY_LIFE: u64 = 7 * 24 * 60 * 60 * 1_000;

impl RedisSessionStore {
    /// Ends a session and denylists its access tokens, then the one that goes with it.
    pub(super) async fn end_session(
        &self,
        end: &EndSession,
        request_time: RequestTime,
    ) -> Result<Ending, PortError> {
        let (user_id, request_time) = (end.session.user_id, self.store.on_server_clock(request_time).await?);
        let step = Step::new(&END, &[&keys::session(end.session), &keys::sessions(user_id)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
            .arg(end.session.session_id.to_string())
            .arg(end.reason.name())
            .arg(keys::refresh_prefix(user_id))
            .arg(self.margin())
            .arg(self.tombstone());
        let mut reply = self.store.run(&step, request_time).await?;
        if reply.text()? == "unknown" {
            return Ok(Ending::Unknown);
        }
        self.complete(user_id, &Pending::read(&mut reply)?, end.also_revoke, request_time).await?;
        Ok(Ending::Ended)
    }

    /// Ends every session of a user, and rejects what the former service issued to him.
    pub(super) async fn end_sessions(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let step = Step::new(&END_ALL, &[&keys::sessions(user_id), &keys::legacy_rejected(user_id)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
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
            let mut reply = self.store.run(&step, request_time).await?;
            reply.text()?;
            alive += usize::try_from(reply.number()?).unwrap_or(0);
            let may_be_more = reply.number()? == 1;
            self.complete(user_id, &Pending::read(&mut reply)?, None, request_time).await?;
            if !may_be_more {
                return Ok(alive);
            }
        }
    }
}
