//! Identifiers that cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes an identifier that is known already.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// Reads the canonical spelling (RFC 9562 §4: lower case, with hyphens) and no other.
            ///
            /// Who makes keys of ids, or finds ids in keys, needs one text for each.
            #[must_use]
            pub fn from_canonical(text: &str) -> Option<Self> {
                let id = Uuid::try_parse(text).ok()?;
                let mut canonical = Uuid::encode_buffer();
                (*id.hyphenated().encode_lower(&mut canonical) == *text).then_some(Self(id))
            }

            /// Returns the identifier as a plain UUID, for drivers and formats.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// Returns the sixteen bytes of the identifier.
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
            /// The identifier (UUID version 4, RFC 9562 §5.4) that is made of these random bytes.
            #[must_use]
            pub const fn from_random_bytes(bytes: [u8; 16]) -> Self {
                Self(Builder::from_random_bytes(bytes).into_uuid())
            }
        }
    };
}

id!(
    /// Identifies a user; the `sub` claim.
    UserId
);
id!(
    /// Identifies a tenant; the `tenant_id` claim.
    TenantId
);
id!(
    /// Identifies one access token; the `jti` claim and the key of the denylist.
    TokenId
);
id!(
    /// Identifies a session in claims, logs and listings; the `sid` claim.
    ///
    /// It is derived one way from the secret session half of the refresh token, so knowing it does
    /// not let anyone present a token of the session.
    SessionId
);

random_id!(UserId);
random_id!(TenantId);
random_id!(TokenId);
