//! The interface of traces in a program without the cargo feature `otlp`.

use std::convert::Infallible;
use std::ffi::OsString;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use auth_domain::ports::Check;
use tracing::Span;
use tracing_subscriber::layer::Identity;

use super::variables::Variables;
use crate::command_error::CommandError;

/// The exporter of traces, which this program does not have.
pub(crate) struct Traces(Infallible);

impl Traces {
    /// Returns `None` if the environment asks for no traces.
    ///
    /// # Errors
    /// [`CommandError::Settings`] if it asks for traces.
    pub(crate) fn start(
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Option<Self>, CommandError> {
        let (variables, mut problems) = Variables::read(environment);
        match variables.endpoint() {
            Some((name, _)) if !variables.are_off(&mut problems) => {
                problems.push(format!(
                    "{name}: this program was built without the cargo feature `otlp`, so it exports no traces; remove the \
                     variable, or use a program with the feature"
                ));
                Err(CommandError::Settings(problems))
            }
            _ => Ok(None),
        }
    }

    /// Does the same: there is nothing to start.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn check(
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Vec<Check>, CommandError> {
        Self::start(environment).map(|_| Vec::new())
    }

    pub(crate) fn warnings(&self) -> &[Check] {
        match self.0 {}
    }

    pub(crate) fn layer(&self) -> Identity {
        match self.0 {}
    }
}

/// Does nothing.
pub(crate) const fn begin(_span: &Span, _headers: Option<&HeaderMap>) {}

/// Does nothing.
pub(crate) const fn end(
    _span: &Span,
    _request: Option<&HttpRequest>,
    _route: &'static str,
    _status: StatusCode,
) {
}

/// Returns zero.
pub(crate) const fn lost_spans() -> u64 {
    0
}

/// Does nothing.
pub(crate) const fn report_lost() {}
