//! Checks of all dependencies at once.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::ports::{Check, Clock, PortError, PortErrorKind, start_request};
use futures_util::future::join_all;
use tokio::time::timeout_at;

use crate::dependency::{Dependency, Depth};
use crate::error_chain::error_chain;

/// A dependency and its checks. The error is always an outage.
pub(crate) type Checked = (Arc<dyn Dependency>, Result<Vec<Check>, PortError>);

/// Checks every dependency within `timeout`.
pub(crate) async fn check(
    dependencies: &[Arc<dyn Dependency>],
    clock: &dyn Clock,
    depth: Depth,
    timeout: Duration,
) -> Vec<Checked> {
    let request_time = start_request(clock, timeout);
    let each = dependencies.iter().map(|dependency| async move {
        let checks = timeout_at(request_time.deadline().into(), dependency.diagnose(depth, request_time));
        let checks = checks.await.unwrap_or_else(|_| Err(PortError::unavailable("no answer in time")));
        (dependency.clone(), checks.or_else(error_or_outage))
    });
    join_all(each).await
}

/// Returns the check for an error that only an administrator can fix; an outage stays an error.
fn error_or_outage(error: PortError) -> Result<Vec<Check>, PortError> {
    match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => Err(error),
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Ok(vec![Check::error(error_chain(&error))]),
    }
}
