//! Identifiers, each with a type of its own.

use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier of this UUID.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// Parses the canonical spelling (RFC 9562 §4: lower case, with hyphens) and no other.
            ///
            /// Ids are parts of keys in stores, so each needs exactly one text.
            #[must_use]
            pub fn from_canonical(text: &str) -> Option<Self> {
                let id = Uuid::try_parse(text).ok()?;
                let mut canonical = Uuid::encode_buffer();
                (*id.hyphenated().encode_lower(&mut canonical) == *text).then_some(Self(id))
            }

            /// The UUID, for drivers and formats.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

macro_rules! random_id {
    ($name:ident) => {
        impl $name {
            /// A new identifier (UUID version 4, RFC 9562 §5.4) from random bytes.
            #[must_use]
            pub const fn from_random_bytes(bytes: [u8; 16]) -> Self {
                Self(Builder::from_random_bytes(bytes).into_uuid())
            }
        }
    };
}

id!(
    /// The id of a user: the `sub` claim.
    UserId
);
id!(
    /// The id of a tenant: the `tenant_id` claim.
    TenantId
);
id!(
    /// The id of an access token: the `jti` claim and the key in the denylist.
    TokenId
);
id!(
    /// The id of a session in claims, logs and listings: the `sid` claim.
    ///
    /// It is a digest of the secret session half of the refresh token, so it does not help to make a token of the session.
    SessionId
);

random_id!(UserId);
random_id!(TenantId);
random_id!(TokenId);
