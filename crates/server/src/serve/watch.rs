//! Asking the dependencies without being asked, so that outages and skewed clocks are logged when they begin.

use std::time::Duration;

use actix_web::web::Data;
use tokio::time::sleep;

use crate::app::AppState;
use crate::backend::Backends;
use crate::examination;

/// How often (S-88).
const PERIOD: Duration = Duration::from_secs(10);

/// Asks until the process stops; what was `away` at the start is examined once it answers.
pub(super) async fn watch(state: Data<AppState>, mut away: Backends) {
    let watching = async {
        loop {
            state.readiness.check(&*state.clock).await;
            away = examination::catch_up(std::mem::take(&mut away), &*state.clock).await;
            sleep(PERIOD).await;
        }
    };
    let _: Option<()> = state.stopping.run_until_cancelled(watching).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::backend::fake::{FakeBackend, sound};
    use crate::compose::Parts;
    use crate::http::fixtures::{parts, state};

    fn counting(count: &Arc<AtomicUsize>) -> impl Fn() + Send + Sync + use<> {
        let count = count.clone();
        move || {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    // S-88
    #[tokio::test(start_paused = true)]
    async fn dependencies_are_asked_every_ten_seconds_until_the_process_stops() {
        let (pings, examinations) = (Arc::default(), Arc::default());
        let (pinged, examined) = (counting(&pings), counting(&examinations));
        let backend = Arc::new(FakeBackend {
            ping: Box::new(move || {
                pinged();
                Ok(())
            }),
            examine: Box::new(move || {
                examined();
                Ok(Vec::new())
            }),
            ..sound()
        });
        let state = state(Parts { backends: vec![backend.clone()], ..parts() }, &[]);
        let watching = tokio::spawn(watch(state.clone(), vec![backend]));
        sleep(Duration::from_secs(25)).await;
        assert_eq!(pings.load(Ordering::Relaxed), 3);
        assert_eq!(examinations.load(Ordering::Relaxed), 1, "what answers is examined once");
        state.stopping.cancel();
        watching.await.unwrap();
    }
}
