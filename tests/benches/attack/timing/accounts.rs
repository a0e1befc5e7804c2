//! Accounts of every kind that a rejected login may meet.

use auth_e2e::Installation;
use auth_testkit::vectors::legacy_password_hashes;

/// The most simultaneous attempts on accounts of one kind.
const ACCOUNTS: u16 = 8;

/// What is stored for an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Unknown,
    /// A hash with the configured parameters.
    Current,
    /// A hash with other Argon2id parameters.
    Other,
    /// A hash with the configured parameters, on an inactive account.
    Inactive,
    /// No hash.
    NoPassword,
    /// A hash of the legacy service.
    Legacy,
}

pub(super) const KINDS: [Kind; 6] =
    [Kind::Unknown, Kind::Current, Kind::Other, Kind::Inactive, Kind::NoPassword, Kind::Legacy];

/// An installation with these accounts.
pub(super) struct Accounts {
    pub(super) installation: Installation,
}

impl Accounts {
    /// Creates [`ACCOUNTS`] accounts of each kind but the unknown one.
    pub(super) async fn create(settings: &[(&str, &str)], kinds: &[Kind]) -> Self {
        let mut installation = Installation::new();
        for (name, value) in settings {
            installation = installation.set(name, value);
        }
        for kind in kinds.iter().filter(|kind| **kind != Kind::Unknown) {
            installation = kind.create_on(installation).await;
        }
        Self { installation }
    }
}

impl Kind {
    /// The name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Current => "current",
            Self::Other => "other cost",
            Self::Inactive => "inactive",
            Self::NoPassword => "no password",
            Self::Legacy => "legacy",
        }
    }

    /// The email of an account of this kind. Unknown emails are never used twice.
    pub(super) fn email(self, place: u16, stranger: usize) -> String {
        match self {
            Self::Unknown => format!("stranger{stranger:06}-{place}@example.com"),
            _ => format!("{}{place}@example.com", self.name().replace(' ', "-")),
        }
    }

    async fn create_on(self, mut installation: Installation) -> Installation {
        if self == Self::Other {
            installation = installation.set("PASSWORD__MEMORY_KIB", "32768");
        }
        for place in 0..ACCOUNTS {
            installation = installation.with_user(&self.email(place, 0)).await;
        }
        let prefix = self.name().replace(' ', "-");
        if let Some(change) = self.change() {
            let changed =
                installation.sql(&format!("UPDATE users SET {change} WHERE email LIKE '{prefix}%'"));
            assert_eq!(changed, usize::from(ACCOUNTS), "accounts of kind {prefix}");
        }
        if self == Self::Other {
            installation = installation.set("PASSWORD__MEMORY_KIB", "19456");
        }
        installation
    }

    /// Changes to a row that no command can make.
    fn change(self) -> Option<String> {
        match self {
            Self::Unknown | Self::Current | Self::Other => None,
            Self::Inactive => Some("status = 1".to_owned()),
            Self::NoPassword => Some("password_hash = NULL".to_owned()),
            Self::Legacy => {
                let stored = legacy_password_hashes().into_iter().next().expect("a vector").stored;
                Some(format!("password_hash = '{stored}'"))
            }
        }
    }
}
