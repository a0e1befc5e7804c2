//! The use cases of administrative commands.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Clock, PasswordHasher, UserRepository, start_request};
use auth_domain::use_cases::{EndSessions, ImportUsers, ListSessions, ManageLoginLimit, ManageUsers};

use crate::command_error::CommandError;
use crate::compose::{Purpose, compose};
use crate::config::Settings;

/// The timeout of a command. It includes a password hash and a wait for a busy store.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// The use cases, built on the configured stores.
pub(super) struct Administration {
    pub(super) users: ManageUsers,
    pub(super) import_users: ImportUsers,
    pub(super) user_store: Arc<dyn UserRepository>,
    pub(super) hasher: Arc<dyn PasswordHasher>,
    pub(super) list_sessions: ListSessions,
    pub(super) end_sessions: EndSessions,
    pub(super) login_limit: ManageLoginLimit,
    clock: Arc<dyn Clock>,
}

impl Administration {
    pub(super) fn open(settings: &Settings) -> Result<Self, CommandError> {
        let parts = compose(settings, Purpose::Administer)?;
        Ok(Self {
            users: parts.manage_users(settings.password_policy()),
            import_users: parts.import_users(),
            end_sessions: parts.end_sessions(),
            user_store: parts.users,
            hasher: parts.hasher,
            list_sessions: ListSessions { sessions: parts.sessions },
            login_limit: ManageLoginLimit { limiter: parts.limiter, limit_keys: parts.limit_keys },
            clock: parts.clock,
        })
    }

    /// Starts the time of one call.
    pub(super) fn request_time(&self) -> RequestTime {
        start_request(&*self.clock, TIMEOUT)
    }
}
