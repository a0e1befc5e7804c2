//! The beginning of sessions.

use auth_domain::model::{NewSession, RequestTime, to_unix_microseconds};
use auth_domain::ports::PortError;

use super::RedisSessionStore;
use super::revocation::Pending;
use crate::keys;
use crate::scripts::OPEN;
use crate::step::Step;

impl RedisSessionStore {
    /// Opens a session; those that had to go for it are dead when it returns.
    pub(super) async fn open_session(
        &self,
        session: &NewSession,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let named = session.refresh_token.session;
        let session_keys =
            [keys::session(named), keys::refresh(&session.refresh_token), keys::sessions(named.user_id)];
        let step = Step::new(&OPEN, &session_keys.each_ref().map(String::as_str))
            .arg(to_unix_microseconds(request_time.now()))
            .arg(named.session_id.to_string())
            .arg(session.tenant_id.to_string())
            .arg(keys::hex(&session.refresh_token.value))
            .arg(to_unix_microseconds(session.expires_at))
            .arg(to_unix_microseconds(session.ends_at))
            .arg(session.access_token.id.as_bytes().as_slice())
            .arg(to_unix_microseconds(session.access_token.expires_at))
            .arg(session.max_sessions)
            .arg(self.margin())
            .arg(self.tombstone());
        let mut reply = self.store.run(&step, request_time).await?;
        reply.text()?;
        self.complete(named.user_id, &Pending::read(&mut reply)?, None, request_time).await
    }
}
