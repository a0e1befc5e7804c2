//! Periodic checks of the dependencies, so that outages and skewed clocks are logged when they begin.

use std::time::Duration;

use tokio::time::sleep;

use crate::app::Process;
use crate::diagnostics::RepeatedChecks;
use crate::{audit, logging, traces};

/// The period of the checks (S-88).
const PERIOD: Duration = Duration::from_secs(10);

/// Checks the dependencies until the process stops. They get the start-up check again once in a minute; those that were unreachable
/// or had an error get it each time.
pub(super) async fn watch(process: Process, mut checks: RepeatedChecks) {
    let watching = async {
        loop {
            process.readiness.watch(&*process.clock).await;
            logging::report_suppressed();
            audit::report_suppressed();
            traces::report_lost();
            audit::report_losses();
            checks.add(&process.readiness.take_returned());
            checks.run(&*process.clock).await;
            sleep(PERIOD).await;
        }
    };
    let _: Option<()> = process.stopping.run_until_cancelled(watching).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use auth_domain::ports::PortError;

    use super::*;
    use crate::compose::Parts;
    use crate::dependency::Dependency;
    use crate::dependency::fake::{FakeDependency, sound};
    use crate::diagnostics::check_at_start;
    use crate::http::fixtures::{application, parts};

    fn counting(count: &Arc<AtomicUsize>) -> impl Fn() + Send + Sync + use<> {
        let count = count.clone();
        move || {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    // S-88
    #[tokio::test(start_paused = true)]
    async fn dependencies_are_checked_every_ten_seconds_until_the_stop() {
        let (pings, diagnostics) = (Arc::default(), Arc::default());
        let (pinged, diagnosed) = (counting(&pings), counting(&diagnostics));
        let dependency: Arc<dyn Dependency> = Arc::new(FakeDependency {
            ping: Box::new(move || {
                pinged();
                Ok(())
            }),
            diagnose: Box::new(move || {
                diagnosed();
                Ok(Vec::new())
            }),
            ..sound()
        });
        let process = application(Parts { dependencies: vec![dependency.clone()], ..parts() }, &[]).process;
        let checks =
            check_at_start(&[dependency], &*process.clock).await.unwrap_or_else(|error| panic!("{error}"));
        let watching = tokio::spawn(watch(process.clone(), checks));
        sleep(Duration::from_secs(25)).await;
        assert_eq!(pings.load(Ordering::Relaxed), 3);
        assert_eq!(diagnostics.load(Ordering::Relaxed), 1, "a reachable dependency is checked at the start");
        process.stopping.cancel();
        watching.await.unwrap();
    }

    // S-88
    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_comes_back_is_checked_again() {
        let (pings, diagnostics) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let diagnosed = counting(&diagnostics);
        let dependency: Arc<dyn Dependency> = Arc::new(FakeDependency {
            // It fails at the second check, and answers at the third.
            ping: Box::new(move || match pings.fetch_add(1, Ordering::Relaxed) {
                1 => Err(PortError::unavailable("gone")),
                _ => Ok(()),
            }),
            diagnose: Box::new(move || {
                diagnosed();
                Ok(Vec::new())
            }),
            ..sound()
        });
        let process = application(Parts { dependencies: vec![dependency.clone()], ..parts() }, &[]).process;
        let checks =
            check_at_start(&[dependency], &*process.clock).await.unwrap_or_else(|error| panic!("{error}"));
        let watching = tokio::spawn(watch(process.clone(), checks));
        sleep(Duration::from_secs(15)).await;
        assert_eq!(diagnostics.load(Ordering::Relaxed), 1, "it has not come back");
        sleep(Duration::from_secs(30)).await;
        assert_eq!(diagnostics.load(Ordering::Relaxed), 2);
        process.stopping.cancel();
        watching.await.unwrap();
    }
}
