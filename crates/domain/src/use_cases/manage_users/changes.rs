//! New users, and the results of changes.

use super::first_password::FirstPassword;
use crate::model::{Email, HashFormat, Role, TenantId, UserId};

/// A user to create.
#[derive(Debug)]
pub struct CreateUser {
    /// The canonical email.
    pub email: Email,
    /// The first password.
    pub password: FirstPassword,
    /// The role.
    pub role: Role,
    /// The tenant; `None` for the installation's default tenant.
    pub tenant_id: Option<TenantId>,
}

/// A user who was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The id of the user.
    pub user_id: UserId,
    /// The format of the hash if the settings do not accept it; the user cannot log in then.
    pub switched_off: Option<HashFormat>,
}

/// The result of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The user.
    pub user_id: UserId,
    /// How many live sessions of the user ended.
    pub sessions_ended: usize,
}
