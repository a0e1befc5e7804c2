//! The labels of metrics, and their values.

use std::fmt;

use auth_domain::ports::{PortError, PortErrorKind};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// The methods with a label of their own. Clients can send any other method, so all of those share one label.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) method: &'static str,
    /// The pattern of a route.
    pub(super) path: &'static str,
    pub(super) status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct DurationLabels {
    pub(super) path: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct DependencyLabels {
    pub(super) name: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OutcomeLabels {
    pub(super) outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LimitLabels {
    pub(super) limit: String,
}

/// The share of revocations that a stated bound covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct BoundLabels {
    pub(super) quantile: &'static str,
}

/// Returns the method, or `other` for an unknown one.
pub(super) fn known_method(method: &str) -> &'static str {
    METHODS.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// The outcome of a login, refresh or logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Succeeded,
    /// A refresh with a new refresh token.
    Rotated,
    /// A refresh that an idempotency key repeats.
    Retried,
    /// A refresh that shares the successor of another one.
    Shared,
    /// Rejected: wrong credentials, or not a live refresh token of the caller.
    Failed,
    /// Rejected by the login limit.
    Blocked,
    /// Rejected by a limit of refreshes.
    RateLimited,
    /// A used refresh token was presented again.
    ReuseDetected,
    /// A used refresh token was presented again within its grace period.
    ReusedInGracePeriod,
    /// 503: a dependency is unreachable or overloaded.
    Unavailable,
    /// 500: a dependency or a record is broken.
    Defect,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Rotated => "rotated",
            Self::Retried => "retried",
            Self::Shared => "shared",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::RateLimited => "rate_limited",
            Self::ReuseDetected => "reuse_detected",
            Self::ReusedInGracePeriod => "reused_in_grace_period",
            Self::Unavailable => "unavailable",
            Self::Defect => "defect",
        }
    }
}

impl From<&PortError> for Outcome {
    fn from(error: &PortError) -> Self {
        match error.kind() {
            PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => {
                Self::Unavailable
            }
            PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Self::Defect,
        }
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.name().encode(encoder)
    }
}
