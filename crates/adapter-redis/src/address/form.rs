//! The forms of Redis that a URL can name.

use redis::{ConnectionAddr, RedisConnectionInfo};

/// How the primary of a key is found.
pub(crate) enum Form {
    /// One server, or a name that leads to the primary.
    Single(ConnectionAddr),
    /// The primary that sentinels name.
    Sentinel(SentinelForm),
    /// The primaries of a cluster, which any of its nodes names.
    Cluster(Vec<ConnectionAddr>),
}

/// The sentinels of a primary.
pub(crate) struct SentinelForm {
    pub(crate) sentinels: Vec<ConnectionAddr>,
    /// The name of the primary in the configuration of the sentinels.
    pub(crate) primary: String,
    /// The user of the sentinels. Contains the password.
    pub(crate) user: RedisConnectionInfo,
}

impl Form {
    pub(crate) const fn is_single(&self) -> bool {
        matches!(self, Self::Single(_))
    }

    pub(crate) const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// Returns the addresses that the URL names.
    pub(crate) fn addresses(&self) -> &[ConnectionAddr] {
        match self {
            Self::Single(server) => std::slice::from_ref(server),
            Self::Sentinel(SentinelForm { sentinels, .. }) => sentinels,
            Self::Cluster(nodes) => nodes,
        }
    }

    /// Returns the sentinels, if there are any.
    pub(crate) fn sentinels(&self) -> &[ConnectionAddr] {
        match self {
            Self::Sentinel(SentinelForm { sentinels, .. }) => sentinels,
            Self::Single(_) | Self::Cluster(_) => &[],
        }
    }

    /// Returns whether both are of the same kind, whatever the addresses.
    pub(crate) fn is_same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Returns whether both lead to the same servers.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let primary = |form: &Self| match form {
            Self::Sentinel(sentinel) => Some(sentinel.primary.clone()),
            Self::Single(_) | Self::Cluster(_) => None,
        };
        self.is_same_kind(other) && self.addresses() == other.addresses() && primary(self) == primary(other)
    }
}
