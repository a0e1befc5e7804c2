//! The servers of Redis, as the metrics see them.

use std::time::Duration;

/// The primaries, replicas and sentinels at the last check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RedisServers {
    /// The number of primaries that are known.
    pub(crate) primaries: usize,
    /// The number of replicas with all data of their primary; of several primaries the smallest. `None` if one did not answer.
    pub(crate) replicas: Option<usize>,
    /// The time since the last acknowledgement of the replica that is furthest behind; `None` without replicas.
    pub(crate) lag: Option<Duration>,
    /// The bytes that the replica that is furthest behind has not acknowledged; `None` without replicas.
    pub(crate) bytes_behind: Option<u64>,
    /// The slots of a cluster without a primary.
    pub(crate) uncovered_slots: Option<usize>,
    /// Each sentinel of the URL.
    pub(crate) sentinels: Vec<SentinelState>,
}

/// What a sentinel names as the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentinelState {
    /// The primary that this process uses.
    Agrees,
    /// Another server.
    Disagrees,
    /// Nothing: it does not answer, or rejects the command.
    Unusable,
}

impl SentinelState {
    pub(crate) const ALL: [Self; 3] = [Self::Agrees, Self::Disagrees, Self::Unusable];

    /// Returns the name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
            Self::Unusable => "unusable",
        }
    }
}
