//! What has happened, apart from what the store knows: the invariants compare the two.

use crate::allowed::AllowedLogout;
use crate::calls::Token;
use crate::store::Store;

/// The events of an exploration so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    pub(crate) rotations: Vec<RotationMade>,
    /// The calls that the store has granted tokens to.
    pub(crate) grants: Vec<Grant>,
    /// The sessions whose end a client knows of, as bits.
    pub(crate) ended: u8,
    /// The sessions with a logout that has begun, as bits.
    pub(crate) logged_out: u8,
    pub(crate) is_deactivated: bool,
    /// The sessions of which somebody else used a token, as bits.
    pub(crate) stolen: u8,
    /// Why each session ended by the reuse of an honest client.
    pub(crate) blamed: Vec<(u8, AllowedLogout)>,
    pub(crate) failed_over_at: Option<u32>,
    /// The refresh tokens that a failover forgot, as bits.
    pub(crate) lost_refresh: u32,
    /// The access tokens that a failover forgot, as bits.
    pub(crate) lost_access: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RotationMade {
    pub(crate) session: u8,
    pub(crate) from: Token,
    pub(crate) to: Token,
    pub(crate) key: Option<u8>,
    pub(crate) at: u32,
    pub(crate) is_after_failover: bool,
}

/// A call that gets tokens: the refresh token `successor`, and the access token of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Grant {
    pub(crate) request: Token,
    pub(crate) session: u8,
    /// The presented token; `None` for a login.
    pub(crate) presented: Option<Token>,
    pub(crate) successor: Token,
    pub(crate) key: Option<u8>,
    pub(crate) at: u32,
}

impl History {
    pub(crate) fn rotations_of(&self, session: u8) -> impl DoubleEndedIterator<Item = &RotationMade> {
        self.rotations.iter().filter(move |rotation| rotation.session == session)
    }

    pub(crate) fn grants_of(&self, session: u8) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.session == session)
    }

    pub(crate) const fn has_ended(&self, session: u8) -> bool {
        self.ended & (1 << session) != 0
    }

    pub(crate) const fn is_lost(&self, refresh_token: Token) -> bool {
        self.lost_refresh & (1 << refresh_token) != 0
    }

    /// Forgets what the store forgot in a failover, because the contract promises nothing about it.
    pub(crate) fn fail_over(&mut self, before: &Store, after: &Store, now: u32) {
        self.failed_over_at = Some(now);
        for (session, _) in before.sessions() {
            let record = after.record(session);
            let mut left = record.map_or(0, |record| record.generation);
            let mut keep = |rotation: &RotationMade| {
                let is_kept = rotation.session != session || left > 0;
                left -= u64::from(rotation.session == session && left > 0);
                is_kept
            };
            self.rotations.retain(&mut keep);
            if record.is_none_or(|record| record.end_reason().is_none()) {
                self.ended &= !(1 << session);
            }
        }
        let grants = std::mem::take(&mut self.grants);
        self.grants = grants.into_iter().filter(|grant| !self.forget(grant, before, after)).collect();
    }

    /// Marks what is lost of a grant. Returns whether its refresh token is.
    fn forget(&mut self, grant: &Grant, before: &Store, after: &Store) -> bool {
        let record = after.record(grant.session);
        let is_known = record.is_some_and(|record| {
            let known = |rotation: &RotationMade| [rotation.from, rotation.to].contains(&grant.successor);
            record.current[0] == grant.successor || self.rotations_of(grant.session).any(known)
        });
        let is_kept = |token| record.is_some_and(|record| record.live_tokens.iter().any(token));
        let is_revocable = is_kept(|known| crate::calls::number(known) == grant.request);
        let was_denylisted = before.is_denylisted(grant.request);
        if !after.is_denylisted(grant.request) && (was_denylisted || !is_revocable) {
            self.lost_access |= 1 << grant.request;
        }
        if !is_known {
            self.lost_refresh |= 1 << grant.successor;
            self.lost_access |= 1 << grant.request;
        }
        !is_known
    }
}
