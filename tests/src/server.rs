//! A running server with its installation.

use std::ops::Deref;
use std::time::Duration;

use crate::clock::{Stopwatch, pause};
use crate::{ALICE, Api, Finished, Installation, Process, Signal};

const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running server; killed when dropped. [`Api`] has its endpoints.
#[derive(Debug)]
pub struct Server {
    /// The installation that it runs on.
    pub installation: Installation,
    /// The running program.
    pub process: Process,
    api: Api,
}

impl Server {
    /// Starts a server with default settings, on which [`ALICE`] is a user.
    pub async fn start() -> Self {
        Self::start_on(Installation::new().with_user(ALICE).await).await
    }

    /// Starts such a server without limits of refreshes, for tests that refresh more often than a user does.
    pub async fn start_without_refresh_limits() -> Self {
        Self::start_on(Installation::new().without_refresh_limits().with_user(ALICE).await).await
    }

    /// Starts three instances on the same servers, on which [`ALICE`] is a user.
    pub async fn start_three(installation: Installation) -> [Self; 3] {
        let first = installation.with_user(ALICE).await;
        let (second, third) = (first.another_instance(), first.another_instance());
        [Self::start_on(first).await, Self::start_on(second).await, Self::start_on(third).await]
    }

    /// Starts a server on `installation` and waits until it answers.
    pub async fn start_on(installation: Installation) -> Self {
        let process = installation.spawn(&["serve"], "");
        Self::adopt(installation, process).await
    }

    /// Waits until a program that was started on `installation` answers.
    pub async fn adopt(installation: Installation, process: Process) -> Self {
        let api = Api::new(&installation.address());
        let mut server = Self { installation, process, api };
        server.wait_until_healthy().await;
        server
    }

    /// Returns a copy of the endpoints for use in another task.
    pub fn api(&self) -> Api {
        self.api.clone()
    }

    /// Returns the admin listener.
    pub fn admin(&self) -> Api {
        Api::new(self.installation.setting("ADMIN__LISTEN"))
    }

    /// Runs a command while the server runs.
    pub async fn cli(&self, args: &[&str]) -> Finished {
        self.installation.cli(args, "").await
    }

    /// Stops the server and waits for its end; its installation can be started again.
    pub async fn stop(self) -> (Installation, Finished) {
        self.process.signal(Signal::TERM);
        (self.installation, self.process.finish(STOP_LIMIT).await)
    }

    /// Kills the server, as a power failure would, and starts it again.
    pub async fn kill_and_restart(&mut self) {
        self.process.kill();
        self.process = self.installation.spawn(&["serve"], "");
        self.wait_until_healthy().await;
    }

    async fn wait_until_healthy(&mut self) {
        let watch = Stopwatch::start();
        while !self.api.is_healthy().await {
            let waiting = watch.elapsed() < START_LIMIT && self.process.is_running();
            assert!(waiting, "the server does not start:\n{}", self.process.stderr());
            pause(Duration::from_millis(3)).await;
        }
        assert!(self.process.is_running(), "another program answers on {}", self.installation.address());
    }
}

impl Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
