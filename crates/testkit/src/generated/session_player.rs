//! The clients of a generated sequence. They hold the tokens.

use std::num::NonZeroU32;
use std::time::Duration;

use auth_domain::model::{
    ConcurrentRefresh, EndReason, EndSession, IdempotencyKey, LimitKey, LiveAccessToken, NewSession,
    Predecessor, RefreshLimits, RefreshToken, RetryKey, Rotate, Rotation, SealedSuccessor, SessionRef,
    TenantId, TokenId, UserId,
};
use auth_domain::ports::random_bytes;
use proptest::sample::Index;
use time::OffsetDateTime;

use super::session_calls::{OpenedFor, PresentedToken, SessionOperation};
use super::session_model::SessionRequest;
use crate::{TestEntropy, a_session, a_tenant_id, a_user_id, an_access_token};

const REFRESH_TTL: Duration = Duration::from_hours(24);
const SESSION_TTL: Duration = Duration::from_hours(40);

/// Turns operations into calls with tokens, and stores the outcomes.
pub struct SessionPlayer {
    users: [UserId; 2],
    other_tenant: TenantId,
    clients: Vec<Client>,
    issued: Vec<LiveAccessToken>,
}

/// The client of one session.
struct Client {
    session: SessionRef,
    opening: NewSession,
    /// Every refresh token of the session, the current one last.
    tokens: Vec<RefreshToken>,
    /// The calls that succeeded.
    granted: Vec<Rotate>,
    /// The access token that the full session returned.
    oldest: Option<LiveAccessToken>,
    /// The last rotation that was requested, and its successor.
    called: Option<(Rotate, RefreshToken)>,
}

impl SessionPlayer {
    /// Returns two new users without sessions.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two calls return different users")]
    pub fn new() -> Self {
        Self {
            users: [a_user_id(), a_user_id()],
            other_tenant: a_tenant_id(),
            clients: Vec::new(),
            issued: Vec::new(),
        }
    }

    /// Every access token that was issued so far.
    #[must_use]
    pub fn issued(&self) -> &[LiveAccessToken] {
        &self.issued
    }

    /// Every session of a user that was opened so far.
    pub fn sessions(&self, user_id: UserId) -> impl Iterator<Item = SessionRef> {
        let sessions = self.clients.iter().map(|client| client.session);
        sessions.filter(move |session| session.user_id == user_id)
    }

    /// Every session that was opened so far.
    pub fn all_sessions(&self) -> impl Iterator<Item = SessionRef> {
        self.clients.iter().map(|client| client.session)
    }

    /// The access token that `request` releases, which must be denylisted before; `None` if it releases none.
    #[must_use]
    pub fn released_token(&self, request: &SessionRequest) -> Option<LiveAccessToken> {
        let SessionRequest::Rotate(rotate) = request else { return None };
        self.issued.iter().find(|token| Some(token.id) == rotate.released).copied()
    }

    /// The call with its tokens; `None` if the sequence has no session or token for it yet.
    pub fn request(&mut self, operation: &SessionOperation, now: OffsetDateTime) -> Option<SessionRequest> {
        match operation {
            SessionOperation::Open { user, max_sessions, predecessor } => {
                Some(self.open(*user, *max_sessions, *predecessor, now))
            }
            SessionOperation::RepeatOpen { session } => {
                Some(SessionRequest::Open(self.client(*session)?.opening.clone()))
            }
            SessionOperation::Rotate { .. } => self.rotate(operation, now),
            SessionOperation::Repeat { .. } => self.repeat(operation, now),
            SessionOperation::End { session, reason, also_revoke } => {
                let session = self.client(*session)?.session;
                let also_revoke = also_revoke.then(|| self.issue(now));
                Some(SessionRequest::End(EndSession { session, reason: *reason, also_revoke }))
            }
            SessionOperation::RotateUnknown { user } => {
                let unknown = a_session(self.users[*user], now);
                Some(SessionRequest::Rotate(unknown.rotation(&unknown.token, now).rotate))
            }
            SessionOperation::EndUnknown { user } => {
                let session = a_session(self.users[*user], now).token.session();
                let also_revoke = Some(self.issue(now));
                Some(SessionRequest::End(EndSession { session, reason: EndReason::LoggedOut, also_revoke }))
            }
            SessionOperation::EndAll { user, reason } => {
                Some(SessionRequest::EndAll(self.users[*user], *reason))
            }
            SessionOperation::List { user } => Some(SessionRequest::List(self.users[*user])),
        }
    }

    /// Stores the outcome of the last rotation that was requested.
    pub fn record_outcome(&mut self, request: &SessionRequest, rotation: &Rotation) {
        let SessionRequest::Rotate(rotate) = request else { return };
        let of_session = |client: &&mut Client| client.session == rotate.presented.session;
        let Some(client) = self.clients.iter_mut().find(of_session) else { return };
        match (rotation, client.called.take()) {
            (Rotation::Rotated, Some((rotate, successor))) if client.tokens.last() != Some(&successor) => {
                client.tokens.push(successor);
                client.granted.push(rotate);
            }
            (Rotation::Retried(_) | Rotation::Shared { .. }, Some((rotate, _))) => {
                client.granted.push(rotate);
            }
            (Rotation::AtCapacity { oldest }, _) => client.oldest = Some(*oldest),
            _ => {}
        }
    }

    fn open(
        &mut self,
        user: usize,
        max_sessions: u32,
        opened_for: Option<OpenedFor>,
        now: OffsetDateTime,
    ) -> SessionRequest {
        let session = a_session(self.users[user], now);
        let presented = opened_for.map(|_| session.token.successor(&random_bytes(&TestEntropy).unwrap()));
        let predecessor = opened_for.zip(presented.as_ref()).map(|(opened_for, presented)| Predecessor {
            digest: presented.digest().value,
            retry: opened_for.sealed.map(|key| seal(presented, key, &session.token)),
            presented_from: opened_for.address.map(|address| LimitKey::from_bytes([address; 16])),
        });
        let opening = NewSession {
            expires_at: now + REFRESH_TTL,
            ends_at: now + SESSION_TTL,
            max_sessions,
            predecessor,
            ..session.opening
        };
        self.issued.push(opening.access_token);
        self.clients.push(Client {
            session: session.token.session(),
            opening: opening.clone(),
            tokens: presented.into_iter().chain([session.token]).collect(),
            granted: Vec::new(),
            oldest: None,
            called: None,
        });
        SessionRequest::Open(opening)
    }

    fn rotate(&mut self, operation: &SessionOperation, now: OffsetDateTime) -> Option<SessionRequest> {
        let SessionOperation::Rotate {
            session,
            token,
            key,
            other_tenant,
            grace_period,
            address,
            release,
            releases_oldest,
            is_shared,
            limits,
        } = operation
        else {
            return None;
        };
        let (access_token, moved_to) = (self.issue(now), self.other_tenant);
        let client = self.client(*session)?;
        let presented = client.present(*token)?;
        let successor = presented.successor(&random_bytes(&TestEntropy).unwrap());
        let retry = (key.is_some() || *is_shared).then(|| seal(&presented, *key, &successor));
        let [per_session, per_user] = limits.map(NonZeroU32::new);
        let released: Option<TokenId> = client.oldest.take().filter(|_| *release).map(|token| token.id);
        let rotate = Rotate {
            presented: presented.digest(),
            successor: successor.digest(),
            tenant_id: if *other_tenant { moved_to } else { client.opening.tenant_id },
            access_token,
            expires_at: now + REFRESH_TTL,
            retry,
            concurrent_refresh: if *is_shared { ConcurrentRefresh::Share } else { ConcurrentRefresh::Reject },
            limits: RefreshLimits { per_session, per_user },
            reuse_leeway: *grace_period,
            rotated_from: address.map(|address| LimitKey::from_bytes([address; 16])),
            released,
            releases_oldest: *releases_oldest,
            is_repeat: false,
        };
        client.called = Some((rotate.clone(), successor));
        Some(SessionRequest::Rotate(rotate))
    }

    fn repeat(&mut self, operation: &SessionOperation, now: OffsetDateTime) -> Option<SessionRequest> {
        let SessionOperation::Repeat { session, back, has_new_access_token, is_marked } = operation else {
            return None;
        };
        let new_access_token = has_new_access_token.then(|| self.issue(now));
        let client = self.client(*session)?;
        client.called = None;
        let released = client.oldest.take().map(|token| token.id);
        let granted = client.granted.iter().rev().nth(*back)?.clone();
        let access_token = new_access_token.unwrap_or(granted.access_token);
        let rotate = Rotate { access_token, released, is_repeat: *is_marked, ..granted };
        Some(SessionRequest::Rotate(rotate))
    }

    fn client(&mut self, session: Index) -> Option<&mut Client> {
        if self.clients.is_empty() {
            return None;
        }
        let position = session.index(self.clients.len());
        self.clients.get_mut(position)
    }

    fn issue(&mut self, now: OffsetDateTime) -> LiveAccessToken {
        let token = an_access_token(now);
        self.issued.push(token);
        token
    }
}

fn seal(presented: &RefreshToken, key: Option<u8>, successor: &RefreshToken) -> SealedSuccessor {
    let key = key.map(|key| IdempotencyKey::parse(format!("key-{key}").as_bytes()).unwrap());
    let retry_key = RetryKey::derive(presented.expose_bytes(), key.as_ref());
    retry_key.seal(successor, *random_bytes(&TestEntropy).unwrap())
}

impl Client {
    fn present(&self, token: PresentedToken) -> Option<RefreshToken> {
        let count = self.tokens.len();
        match token {
            PresentedToken::Current => self.tokens.last().cloned(),
            PresentedToken::Previous => self.tokens.get(count.checked_sub(2)?).cloned(),
            PresentedToken::Older(index) => {
                let older = count.checked_sub(2).filter(|older| *older > 0)?;
                self.tokens.get(index.index(older)).cloned()
            }
            PresentedToken::Unknown => {
                Some(self.tokens.last()?.successor(&random_bytes(&TestEntropy).unwrap()))
            }
        }
    }
}
