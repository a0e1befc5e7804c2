//! Users as the credential store knows them.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;

use super::{Email, PasswordHash, TenantId, UserId};

/// A user, read whole: what login and refresh decide by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The tenant that the user belongs to now.
    pub tenant_id: TenantId,
    /// The canonical email.
    pub email: Email,
    /// The stored hash; `None` for an account that signs in elsewhere and has no password.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may log in.
    pub status: UserStatus,
    /// What the user may do on the platform.
    pub role: Role,
    /// When the account was made.
    pub created_at: OffsetDateTime,
}

impl User {
    /// Tells whether the user may log in and refresh.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        match self.status {
            UserStatus::Active => true,
            UserStatus::Inactive => false,
        }
    }
}

/// A user to be inserted; new users are active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The new user's id.
    pub id: UserId,
    /// An existing tenant.
    pub tenant_id: TenantId,
    /// The canonical email; unique among all users.
    pub email: Email,
    /// The hash of the first password.
    pub password_hash: PasswordHash,
    /// The role to begin with.
    pub role: Role,
}

/// Whether a user may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// May log in and refresh.
    Active,
    /// May do neither.
    Inactive,
}

impl UserStatus {
    /// Returns the number that the users' table stores.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Active => 0,
            Self::Inactive => 1,
        }
    }

    /// Reads the number of the users' table; `None` for one that has no meaning.
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

/// What a user may do on the platform; signed into the `role` claim by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Works on the tenant's integrations.
    Developer,
    /// Manages the tenant.
    Admin,
    /// Owns the tenant.
    Owner,
    /// Reads only.
    Viewer,
}

impl Role {
    /// Every role, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Developer, Self::Admin, Self::Owner, Self::Viewer];

    /// Returns the number that the users' table stores.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Developer => 0,
            Self::Admin => 1,
            Self::Owner => 10,
            Self::Viewer => 20,
        }
    }

    /// Reads the number of the users' table; `None` for one that has no meaning.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Returns the name in the `role` claim.
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

    /// Reads the exact name of the claim.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_lead_back_to_the_same_role() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert_eq!(Role::from_code(2), None);
        assert_eq!("owner".parse::<Role>(), Err(()));
    }

    #[test]
    fn an_unknown_status_is_no_status() {
        assert_eq!(UserStatus::from_code(0), Some(UserStatus::Active));
        assert_eq!(UserStatus::from_code(1), Some(UserStatus::Inactive));
        assert_eq!(UserStatus::from_code(2), None);
    }
}
