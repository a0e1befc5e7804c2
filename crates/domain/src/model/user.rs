//! Users.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;

use super::{Email, PasswordHash, TenantId, UserId};

/// A user, as login and refresh read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The current tenant.
    pub tenant_id: TenantId,
    /// The canonical email.
    pub email: Email,
    /// The stored hash; `None` if the user has no password and logs in elsewhere.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may log in.
    pub status: UserStatus,
    /// The role on the HookSentry platform.
    pub role: Role,
    /// The time at which the user was created.
    pub created_at: OffsetDateTime,
}

impl User {
    /// Whether the user may log in and refresh.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        match self.status {
            UserStatus::Active => true,
            UserStatus::Inactive => false,
        }
    }
}

/// A user to insert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The id.
    pub id: UserId,
    /// An existing tenant.
    pub tenant_id: TenantId,
    /// The canonical email; unique among all users.
    pub email: Email,
    /// The hash of the first password; `None` if the user has no password and logs in elsewhere.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may log in.
    pub status: UserStatus,
    /// The first role.
    pub role: Role,
    /// The time at which the user was created, here or in the program from which the user was brought.
    pub created_at: OffsetDateTime,
}

/// Whether a user may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// The user may log in and refresh.
    Active,
    /// The user may do neither.
    Inactive,
}

impl UserStatus {
    /// The number in the users' table.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Active => 0,
            Self::Inactive => 1,
        }
    }

    /// The value of a number in the users' table; `None` if the number is not defined.
    #[must_use]
    pub const fn from_code(code: i32) -> Option<Self> {
        match code {
            0 => Some(Self::Active),
            1 => Some(Self::Inactive),
            _ => None,
        }
    }
}

impl fmt::Display for UserStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        })
    }
}

/// The role of a user on the HookSentry platform. Its name is the `role` claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Develops integrations of the tenant.
    Developer,
    /// Manages the tenant.
    Admin,
    /// Owns the tenant.
    Owner,
    /// Reads only.
    Viewer,
}

impl Role {
    /// All roles, ordered by number.
    pub const ALL: [Self; 4] = [Self::Developer, Self::Admin, Self::Owner, Self::Viewer];

    /// The number in the users' table.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Developer => 0,
            Self::Admin => 1,
            Self::Owner => 10,
            Self::Viewer => 20,
        }
    }

    /// The value of a number in the users' table; `None` if the number is not defined.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The name in the `role` claim.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Developer => "Developer",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
            Self::Viewer => "Viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = ();

    /// The role with exactly this name.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_identify_one_role() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert_eq!(Role::from_code(2), None);
        assert_eq!("owner".parse::<Role>(), Err(()));
    }

    #[test]
    fn an_undefined_status_is_none() {
        assert_eq!(UserStatus::from_code(0), Some(UserStatus::Active));
        assert_eq!(UserStatus::from_code(1), Some(UserStatus::Inactive));
        assert_eq!(UserStatus::from_code(2), None);
    }
}
