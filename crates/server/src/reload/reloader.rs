//! The task that reads the secrets again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::{Clock, PortError, PortErrorKind, start_request};
use auth_store_connection::Change;
use futures_util::future::join_all;
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;

use super::hangups::Hangups;
use super::reloadable::{Prepared, Reloadable, Reloading};
use super::requests::{ReloadRequests, Request};
use crate::audit::{self, Actor, Details, Occurrence, SecurityEvent, Source};
use crate::command_error::CommandError;
use crate::compose;
use crate::config::Sources;
use crate::dependency::Dependency;
use crate::error_chain::error_chain;

/// The shortest time between two reloads that rejected credentials cause.
const PERIOD: Duration = Duration::from_secs(10);
/// How long a dependency may take to accept other secrets. One that does not answer is no reason to reject them, as at the start.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads the secrets again, checks them as the start does, and replaces all of them or none.
pub(crate) struct Reloader {
    sources: Arc<Sources>,
    parts: Arc<[Arc<dyn Reloadable>]>,
    requests: Arc<ReloadRequests>,
    clock: Arc<dyn Clock>,
}

impl Reloader {
    pub(crate) fn new(sources: Sources, reloading: Reloading, clock: Arc<dyn Clock>) -> Self {
        let Reloading { parts, requests } = reloading;
        Self { sources: Arc::new(sources), parts: parts.into(), requests, clock }
    }

    /// Reloads on SIGHUP, which also opens the file of the audit stream again, and when a server has rejected the credentials.
    pub(crate) async fn run(self, mut hangups: Hangups) {
        let (mut requests, mut last) = (self.requests.receive(), None);
        loop {
            tokio::select! {
                () = hangups.next() => {
                    audit::reopen();
                    self.reload("signal").await;
                }
                Some(request) = requests.recv() => self.answer(request, &mut last).await,
            }
        }
    }

    async fn answer(&self, request: Request, last: &mut Option<Instant>) {
        let now = self.clock.instant();
        if last.is_none_or(|last| now.saturating_duration_since(last) >= PERIOD) {
            *last = Some(now);
            self.reload("rejected_credentials").await;
        }
        // An error means that the caller no longer waits.
        let _ = request.send(());
    }

    async fn reload(&self, reason: &str) {
        let changes = match self.prepare().await {
            Ok(changes) => changes,
            Err(problems) => {
                let problems = problems.join("; ");
                let details = Details { problems: Some(&problems), ..Details::default() };
                return publish(SecurityEvent::SecretsRejected, reason, details);
            }
        };
        let settings: Vec<_> = changes.iter().flat_map(Change::settings).copied().collect();
        let settings = if settings.is_empty() { "-".to_owned() } else { settings.join(", ") };
        changes.into_iter().for_each(Change::apply);
        let details = Details { settings: Some(&settings), ..Details::default() };
        publish(SecurityEvent::SecretsReloaded, reason, details);
    }

    /// Prepares the changes of all parts.
    ///
    /// # Errors
    /// Every problem.
    async fn prepare(&self) -> Result<Vec<Change>, Vec<String>> {
        let (sources, parts) = (Arc::clone(&self.sources), Arc::clone(&self.parts));
        let read = spawn_blocking(move || read(&sources, &parts)).await;
        let prepared = read.unwrap_or_else(|error| Err(vec![format!("reading them failed: {error}")]))?;
        let asked = self.parts.iter().zip(&prepared);
        let asked =
            asked.filter_map(|(part, prepared)| Some((part.present(), prepared.dependency.as_deref()?)));
        let rejections = join_all(asked.map(|(present, other)| self.rejection(present, other))).await;
        let problems: Vec<_> = rejections.into_iter().flatten().collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(prepared.into_iter().map(|prepared| prepared.change).collect())
    }

    /// Returns why a dependency cannot be used with the other secrets: it rejects the connection, or it cannot be used for a reason
    /// that the present secrets do not have. A wrong clock, for example, is no reason to keep a key that must be withdrawn.
    async fn rejection(&self, present: Option<&dyn Dependency>, other: &dyn Dependency) -> Option<String> {
        let connected = self.ask(|request_time| other.connect(request_time)).await?;
        let answered = match connected {
            Ok(()) => self.ask(|request_time| other.ping(request_time)).await?,
            rejected => return rejection_text(rejected),
        };
        let (rejection, present) = (rejection_text(answered)?, present?);
        let present = self.ask(|request_time| present.ping(request_time)).await?;
        present.is_ok().then_some(rejection)
    }

    /// Returns `None` if there is no answer in time.
    async fn ask<F: Future<Output = Result<(), PortError>>>(
        &self,
        question: impl FnOnce(RequestTime) -> F,
    ) -> Option<Result<(), PortError>> {
        let request_time = start_request(&*self.clock, CHECK_TIMEOUT);
        timeout_at(request_time.deadline().into(), question(request_time)).await.ok()
    }
}

fn publish(kind: SecurityEvent, reason: &str, details: Details<'_>) {
    let event = Occurrence::new(kind, Actor::Service).reason(&reason).details(details);
    audit::publish(&Source::Service, &event);
}

/// Returns the text of an error that an administrator has to correct.
fn rejection_text(answer: Result<(), PortError>) -> Option<String> {
    let is_rejection =
        |error: &PortError| matches!(error.kind(), PortErrorKind::Misconfigured | PortErrorKind::Corrupt);
    answer.err().filter(is_rejection).map(|error| error_chain(&error))
}

/// Reads all files again, and prepares the changes of all parts.
fn read(sources: &Sources, parts: &[Arc<dyn Reloadable>]) -> Result<Vec<Prepared>, Vec<String>> {
    let settings = sources.settings(compose::problems).map_err(|error| match error {
        CommandError::Settings(problems) => problems,
        other => vec![other.to_string()],
    })?;
    let (mut prepared, mut problems) = (Vec::new(), Vec::new());
    for part in parts {
        match part.prepare(&settings) {
            Ok(change) => prepared.push(change),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(prepared) } else { Err(problems) }
}
