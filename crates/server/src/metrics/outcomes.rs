//! The outcomes of logins, refreshes and logouts, each with the reason codes that it can have.

use std::fmt;

use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::{LoginRejection, RefreshKind, RefreshRejection};
use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// The result of a login, refresh or logout, for its log line and its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) outcome: Outcome,
    /// The reason code.
    pub(crate) reason: &'static str,
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

impl From<PortErrorKind> for Outcome {
    fn from(kind: PortErrorKind) -> Self {
        match kind {
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

impl Counted {
    /// A login with a password succeeded.
    pub(crate) const LOGGED_IN: Self = Self::new(Outcome::Succeeded, "password");
    /// The login limit rejected a login.
    pub(crate) const LOGIN_BLOCKED: Self = Self::new(Outcome::Blocked, "too_many_failures");
    /// A limit of refreshes rejected a refresh.
    pub(crate) const REFRESH_BLOCKED: Self = Self::new(Outcome::RateLimited, "too_many_refreshes");
    /// A logout succeeded.
    pub(crate) const LOGGED_OUT: Self = Self::new(Outcome::Succeeded, "logged_out");
    /// The refresh token of a logout is not the caller's.
    pub(crate) const FOREIGN_TOKEN: Self = Self::new(Outcome::Failed, "not_the_callers");

    const fn new(outcome: Outcome, reason: &'static str) -> Self {
        Self { outcome, reason }
    }

    /// Returns every result of a login.
    pub(super) fn of_logins() -> impl Iterator<Item = Self> {
        let rejections = LoginRejection::ALL.into_iter().map(Self::from);
        [Self::LOGGED_IN, Self::LOGIN_BLOCKED].into_iter().chain(rejections).chain(errors())
    }

    /// Returns every result of a refresh.
    pub(super) fn of_refreshes() -> impl Iterator<Item = Self> {
        let shared = RefreshKind::Shared { same_address: None };
        let kinds = [RefreshKind::Rotated, RefreshKind::Retried, shared].into_iter().map(Self::from);
        let rejections = RefreshRejection::ALL.into_iter().map(Self::from);
        kinds.chain(rejections).chain([Self::REFRESH_BLOCKED]).chain(errors())
    }

    /// Returns every result of a logout.
    pub(super) fn of_logouts() -> impl Iterator<Item = Self> {
        [Self::LOGGED_OUT, Self::FOREIGN_TOKEN].into_iter().chain(errors())
    }
}

fn errors() -> impl Iterator<Item = Counted> {
    PortErrorKind::ALL.into_iter().map(Counted::from)
}

impl From<LoginRejection> for Counted {
    fn from(rejection: LoginRejection) -> Self {
        Self::new(Outcome::Failed, rejection.code())
    }
}

impl From<RefreshKind> for Counted {
    fn from(kind: RefreshKind) -> Self {
        match kind {
            RefreshKind::Rotated => Self::new(Outcome::Rotated, "rotated"),
            RefreshKind::Retried => Self::new(Outcome::Retried, "retried"),
            RefreshKind::Shared { .. } => Self::new(Outcome::Shared, "shared"),
        }
    }
}

impl From<RefreshRejection> for Counted {
    fn from(rejection: RefreshRejection) -> Self {
        let outcome = match rejection {
            RefreshRejection::ReuseDetected { .. } => Outcome::ReuseDetected,
            RefreshRejection::AlreadyUsed { .. } => Outcome::ReusedInGracePeriod,
            RefreshRejection::Malformed
            | RefreshRejection::Unknown
            | RefreshRejection::Expired
            | RefreshRejection::SessionEnded(_) => Outcome::Failed,
        };
        Self::new(outcome, rejection.code())
    }
}

/// The log has the kind of an error of a port as well as its text, which is not bounded.
impl From<PortErrorKind> for Counted {
    fn from(kind: PortErrorKind) -> Self {
        Self::new(kind.into(), kind.name())
    }
}

impl From<&PortError> for Counted {
    fn from(error: &PortError) -> Self {
        error.kind().into()
    }
}
