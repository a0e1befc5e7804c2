//! What is measured: a kind of request on a variant of the service.

use crate::wrk::Script;

/// A variant of the settings. Each is a service of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// Postgres and Redis. Session records have format 2, as in all variants but one.
    Reject,
    /// As [`Reject`](Self::Reject), with session records in format 1.
    FormatOne,
    Share,
    Cached,
    /// The embedded store with the default settings.
    Embedded,
    /// As [`Reject`](Self::Reject), on one core, so with one worker.
    OneCore,
}

/// A kind of request on a variant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) variant: Variant,
    pub(crate) script: Script,
    pub(crate) path: &'static str,
    pub(crate) connections: usize,
    pub(crate) seconds: u32,
}

/// The path of verifications.
pub(crate) const ME: &str = "/api/v1/auth/me";

const FORMAT_TWO: (&str, &str) = ("TOKENS__RECORD_FORMAT", "2");

/// All measures, in the order of a round.
pub(crate) const MEASURES: [Measure; 11] = [
    Measure::new("health", Variant::Reject, Script::Get, "/health"),
    Measure::new("login", Variant::Reject, Script::Login, ""),
    Measure::new("refresh reject", Variant::Reject, Script::Refresh, ""),
    Measure::new("refresh format 1", Variant::FormatOne, Script::Refresh, ""),
    Measure::new("refresh share", Variant::Share, Script::Refresh, ""),
    Measure::new("verify strict", Variant::Reject, Script::Get, ME),
    Measure::new("verify cached", Variant::Cached, Script::Get, ME),
    Measure::new("logout", Variant::Reject, Script::Logout, ""),
    Measure::new("embedded refresh", Variant::Embedded, Script::Refresh, ""),
    Measure::new("embedded verify", Variant::Embedded, Script::Get, ME),
    Measure::new("embedded logout", Variant::Embedded, Script::Logout, ""),
];

impl Measure {
    pub(crate) const fn new(
        name: &'static str,
        variant: Variant,
        script: Script,
        path: &'static str,
    ) -> Self {
        let connections = match script {
            Script::Login => 16,
            Script::Get | Script::Refresh | Script::Logout => 64,
        };
        let seconds = match script {
            Script::Login | Script::Refresh => 3,
            Script::Get | Script::Logout => 2,
        };
        Self { name, variant, script, path, connections, seconds }
    }
}

impl Variant {
    /// The settings that differ from the default.
    pub(crate) const fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Embedded => &[],
            Self::FormatOne => &[("TOKENS__RECORD_FORMAT", "1")],
            Self::Reject | Self::OneCore => &[FORMAT_TWO],
            Self::Share => &[FORMAT_TWO, ("TOKENS__CONCURRENT_REFRESH", "share")],
            Self::Cached => &[FORMAT_TWO, ("TOKENS__VERIFICATION", "cached")],
        }
    }
}
