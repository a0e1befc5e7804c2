//! Login: credentials for a new session.

use std::sync::Arc;

use super::issue::Issuer;
use crate::model::{
    EndReason, EndSession, LimitKeys, LoginAttempt, LoginPolicy, PasswordHash, RequestTime, Reservation,
    SessionRef, Ticket, TicketId, TokenPair, User,
};
use crate::ports::{
    Admission, Credential, LoginLimiter, PasswordCheck, PasswordHasher, PortError, Replacement, SessionStore,
    UserRepository, random_bytes,
};
use account::Account;
use checked::Checked;

mod account;
mod checked;
mod command;
mod rejection;
#[cfg(test)]
mod tests;

pub use command::{LoggedIn, LoginCommand, LoginError};
pub use rejection::LoginRejection;

/// Opens a session for a user with the right password.
pub struct Login {
    /// The users.
    pub users: Arc<dyn UserRepository>,
    /// Compares and hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The limit on failed logins.
    pub limiter: Arc<dyn LoginLimiter>,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Makes the tokens.
    pub issuer: Arc<Issuer>,
    /// Derives the limit keys of emails and addresses.
    pub limit_keys: LimitKeys,
    /// The wait for the queue, and the upgrade of hashes.
    pub policy: LoginPolicy,
}

/// A user whose password was right, and the new hash if it was upgraded.
struct Authenticated {
    user: User,
    upgraded: Option<PasswordHash>,
}

impl Login {
    /// Checks the limit, then the credentials, and opens a session.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn run(&self, command: LoginCommand) -> Result<LoggedIn, LoginError> {
        let mut errors = Vec::new();
        let ticket = self.take_place(&command).await?;
        let checked = match self.look_up(&command).await {
            Ok(looked_up) => self.check_password(looked_up, &command).await,
            Err(error) => Checked::before_the_comparison(error),
        };

        let settled = self.limiter.settle(&ticket, checked.settlement, command.request_time).await;
        errors.extend(settled.err());

        let (user, outdated) = checked.outcome?;
        let upgrade = outdated && self.policy.upgrade_hashes;
        let upgraded = if upgrade { self.upgrade_hash(&user, &command, &mut errors).await } else { None };
        let authenticated = Authenticated { user, upgraded };
        let tokens = self.open_session(&authenticated, &command).await?;
        Ok(LoggedIn { tokens, errors })
    }

    async fn take_place(&self, command: &LoginCommand) -> Result<Ticket, LoginError> {
        let attempt = LoginAttempt {
            ticket: TicketId::from_bytes(*random_bytes(&*self.issuer.entropy)?),
            email: self.limit_keys.email(&command.email),
            origin: command
                .client
                .map(|address| self.limit_keys.origin(&command.email, address, command.is_exempt)),
        };
        match self.limiter.reserve(&attempt, self.queueing(command)).await? {
            Reservation::Reserved(ticket) => Ok(ticket),
            Reservation::Rejected { limit, retry_after, .. } => {
                Err(LoginError::RateLimited { limit, retry_after })
            }
            Reservation::Busy(_) => {
                Err(PortError::overloaded("the login attempts before this one take too long").into())
            }
        }
    }

    async fn look_up(&self, command: &LoginCommand) -> Result<(Admission, Account), PortError> {
        // The queue decides before the user is read, so that its decision does not depend on the user.
        let admission = self.hasher.admit(self.queueing(command))?;
        let found = self.users.find_by_email(&command.email, command.request_time).await;
        Ok((admission, Account::from_lookup(found)?))
    }

    async fn check_password(
        &self,
        (admission, account): (Admission, Account),
        command: &LoginCommand,
    ) -> Checked {
        let check = self.hasher.verify(&command.password, account.credential(), admission).await;
        Checked::by_a_comparison(check.map_err(LoginError::from).and_then(|check| account.judge(check)))
    }

    /// Replaces the outdated hash. An error here does not fail the login (S-03).
    async fn upgrade_hash(
        &self,
        user: &User,
        command: &LoginCommand,
        errors: &mut Vec<PortError>,
    ) -> Option<PasswordHash> {
        let replaced = async {
            let new = self.hasher.hash(&command.password, self.queueing(command)).await?;
            let expected = user.password_hash.clone();
            let replacement =
                self.users.replace_password_hash(user.id, expected, &new, command.request_time).await?;
            Ok((replacement, new))
        };
        match replaced.await {
            Ok((Replacement::Replaced, new)) => Some(new),
            Ok((Replacement::Changed, _)) => None,
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    async fn open_session(
        &self,
        authenticated: &Authenticated,
        command: &LoginCommand,
    ) -> Result<TokenPair, LoginError> {
        let request_time = command.request_time;
        let user = &authenticated.user;
        let (session, tokens) = self.issuer.first(user, request_time)?;
        self.sessions.open(&session, request_time).await?;
        self.confirm_unchanged(authenticated, session.refresh_token.session, command).await?;
        Ok(tokens)
    }

    /// Reads the user again: a concurrent deactivation or password change takes precedence over this login.
    async fn confirm_unchanged(
        &self,
        authenticated: &Authenticated,
        session: SessionRef,
        command: &LoginCommand,
    ) -> Result<(), LoginError> {
        let request_time = command.request_time;
        let changed = self.changed_meanwhile(authenticated, command).await;
        if matches!(changed, Ok(None)) {
            return Ok(());
        }
        let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
        // If the end fails, the session stays open.
        self.sessions.end(&end, request_time).await.map_err(PortError::into_unanswered)?;
        let rejection = changed?.unwrap_or(LoginRejection::ChangedMeanwhile);
        if matches!(rejection, LoginRejection::ChangedMeanwhile) {
            // The settlement has made the address known, perhaps after the change forgot the others (S-91).
            let email = self.limit_keys.email(&command.email);
            let forgotten = self.limiter.forget_addresses(email, request_time).await;
            forgotten.map_err(PortError::into_unanswered)?;
        }
        Err(LoginError::InvalidCredentials { rejection, user_id: Some(authenticated.user.id) })
    }

    /// A stored hash that this login neither read nor wrote belongs to a new password, or to the same one that a concurrent
    /// login upgraded. A comparison with the password decides.
    async fn changed_meanwhile(
        &self,
        authenticated: &Authenticated,
        command: &LoginCommand,
    ) -> Result<Option<LoginRejection>, PortError> {
        let changed = Some(LoginRejection::ChangedMeanwhile);
        let read_again = self.users.find_by_id(authenticated.user.id, command.request_time).await;
        let now = match Account::from_lookup(read_again)? {
            Account::Known(now) if authenticated.is_same_account(&now) => now,
            Account::Known(_) | Account::Unknown => return Ok(changed),
            Account::Unreadable(row) => return Ok(Some(LoginRejection::UnreadableRow(row))),
        };
        if authenticated.knows(now.password_hash.as_ref()) {
            return Ok(None);
        }
        let Some(stored) = now.password_hash else { return Ok(changed) };
        // A second turn. It is rare: it needs a change of this user since the first turn.
        let admission = self.hasher.admit(command.request_time)?;
        let check = self.hasher.verify(&command.password, Credential::Active(stored), admission).await?;
        Ok(if matches!(check, PasswordCheck::Valid { .. }) { None } else { changed })
    }

    /// The login queue and the password queue share one deadline.
    fn queueing(&self, command: &LoginCommand) -> RequestTime {
        command.request_time.at_most(self.policy.queue_wait)
    }
}

impl Authenticated {
    fn is_same_account(&self, now: &User) -> bool {
        now.is_active() && now.tenant_id == self.user.tenant_id
    }

    fn knows(&self, hash: Option<&PasswordHash>) -> bool {
        hash == self.user.password_hash.as_ref()
            || (self.upgraded.is_some() && hash == self.upgraded.as_ref())
    }
}
