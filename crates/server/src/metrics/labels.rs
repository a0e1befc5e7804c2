//! The labels of metrics, and the values that each may have.

use std::fmt;

use auth_domain::ports::{PortError, PortErrorKind};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// The methods that are told apart; a client can make up others without end.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) method: &'static str,
    /// A route's pattern.
    pub(super) path: String,
    pub(super) status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct DurationLabels {
    pub(super) path: String,
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

/// A promise about so much of the cases.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct BoundLabels {
    pub(super) quantile: &'static str,
}

/// Returns the method, or `other` for one that nobody needs to tell apart.
pub(super) fn known_method(method: &str) -> &'static str {
    METHODS.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// How a login, refresh or logout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Succeeded,
    /// Rejected: wrong credentials, or no live refresh token of the caller.
    Failed,
    /// Rejected by the limit.
    Blocked,
    /// A used refresh token came back.
    ReuseDetected,
    /// A used refresh token came back in its grace period.
    ReusedInGracePeriod,
    /// 503: a part cannot answer.
    Unavailable,
    /// 500: a part is broken.
    Defect,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
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
            PortErrorKind::Unavailable | PortErrorKind::Overloaded => Self::Unavailable,
            PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Self::Defect,
        }
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.name().encode(encoder)
    }
}
