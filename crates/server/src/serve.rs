//! The service: from its first socket to its last response.

mod acceptor;
mod listener;
mod running;
mod service_manager;
mod stop_signals;
mod timeouts;
mod watch;
mod worker;

use std::mem::take;
use std::sync::Arc;

use auth_domain::model::Event;
use auth_domain::ports::{PasswordHasher, Severity};
use futures_util::future::try_join_all;
use tokio::runtime::Handle;
use tracing::{info, warn};

use crate::app::{Application, Handlers, Process};
use crate::audit::{self, Actor, Details, Occurrence, SecurityEvent, Source};
use crate::command_error::CommandError;
use crate::compose::{self, Parts, Purpose, compose};
use crate::config::{CredentialsBackend, Settings, Sources};
use crate::connection::{ConnectionLimits, Connections};
use crate::data_dir::DirLocks;
use crate::reload::{Hangups, Reloader};
use crate::worker_threads::worker_threads;
use crate::{bootstrap_owner, diagnostics, logging, memory_limit, proxy_ranges};
use listener::{Listener, raise_file_limit};
use running::{Running, Start, Workers};
use stop_signals::StopSignals;
use watch::watch;

/// The ports, which are bound and do not accept yet.
struct Listeners {
    public: Listener,
    /// `None` if it is off.
    admin: Option<Listener>,
}

/// Serves until SIGTERM or Ctrl-C, then finishes the requests in flight.
pub(crate) async fn serve(
    settings: Settings,
    sources: Sources,
    hangups: Hangups,
) -> Result<(), CommandError> {
    // Signals are received first, so that even an early signal stops the process in an orderly way.
    let mut stop = StopSignals::listen()?;
    for warning in compose::warnings(&settings) {
        warn!(event = Event::WeakKey.name(), "{warning}");
    }
    let mut parts = compose(&settings, Purpose::Serve { workers: worker_threads() })?;
    let mut locks = parts.locks.take();
    let reloader = Reloader::new(sources, take(&mut parts.reloading), parts.clock.clone());
    check_memory(&*parts.hasher)?;
    // Before the bootstrap owner is created: if a port is in use, no password is printed and lost.
    let listeners = Listeners::open(&settings)?;
    diagnostics::log("settings", &proxy_ranges::warnings(&settings.http.trusted_proxies));
    let checks = diagnostics::check_at_start(&parts.dependencies, &*parts.clock).await?;
    create_bootstrap_owner(&settings, &parts, &listeners).await?;
    locks.iter_mut().for_each(DirLocks::release_setup);

    raise_file_limit();
    let Application { handlers, workers, process } = Application::new(parts, &settings, Handle::current());
    let is_read = process.hash_costs().read_at_start().await;
    let connections = connections(&settings, &process);
    let running =
        listeners.answer(&Start { connections: &connections, settings: &settings }, workers, handlers)?;
    publish(
        SecurityEvent::Started,
        Details { version: Some(env!("CARGO_PKG_VERSION")), ..Details::default() },
    );
    let watching = tokio::spawn(watch(process.clone(), checks));
    let reloading = tokio::spawn(process.stopping.clone().run_until_cancelled_owned(reloader.run(hangups)));
    let reading = tokio::spawn(read_hash_costs(process.clone(), is_read));

    service_manager::ready();
    stop.next().await;
    service_manager::stopping();
    process.readiness.drain();
    connections.drain();
    // From this line on, every response closes its connection.
    info!(event = Event::Stopping.name(), "finishing the requests in flight");
    tokio::select! {
        () = process.clock.sleep_until(process.clock.instant() + settings.http.drain_delay) => {}
        // A second signal ends only the delay: requests in flight are still finished.
        () = stop.next() => info!(event = Event::Stopping.name(), "the drain delay was ended by a second signal"),
    }
    finish(&process, &connections, running).await?;
    watching.await.map_err(running::failed)?;
    reloading.await.map_err(running::failed)?;
    reading.await.map_err(running::failed)?;
    logging::report_all_suppressed();
    audit::report_all_suppressed();
    publish(SecurityEvent::Stopped, Details::default());
    Ok(())
}

fn publish(kind: SecurityEvent, details: Details<'_>) {
    audit::publish(&Source::Service, &Occurrence::new(kind, Actor::Service).details(details));
}

impl Listeners {
    fn open(settings: &Settings) -> Result<Self, CommandError> {
        let public = Listener::open(settings.http.listen, "HTTP__LISTEN")?;
        let admin = settings.admin.listen.map(|address| Listener::open(address, "ADMIN__LISTEN"));
        Ok(Self { public, admin: admin.transpose()? })
    }

    fn answer(
        self,
        start: &Start<'_>,
        workers: Vec<Handlers>,
        admin_worker: Handlers,
    ) -> Result<Vec<Running>, CommandError> {
        let mut running = vec![start.public(self.public, workers)?];
        if let Some(admin) = self.admin {
            running.push(start.admin(admin, admin_worker)?);
        }
        Ok(running)
    }
}

/// Logs a warning if password hashes leave little memory for the rest. The parameters of stored hashes are read later.
///
/// # Errors
/// If they need more than there is.
fn check_memory(hasher: &dyn PasswordHasher) -> Result<(), CommandError> {
    let Some(check) = memory_limit::check(&hasher.charge_for(&[])) else { return Ok(()) };
    if check.severity == Severity::Error {
        return Err(CommandError::Failed(check.text));
    }
    diagnostics::log("passwords", &[check]);
    Ok(())
}

/// Creates the bootstrap owner in the embedded store, and nowhere else (S-25).
async fn create_bootstrap_owner(
    settings: &Settings,
    parts: &Parts,
    listeners: &Listeners,
) -> Result<(), CommandError> {
    match settings.credentials {
        CredentialsBackend::Embedded => {
            bootstrap_owner::create_if_needed(parts, &settings.audit, listeners.public.address).await
        }
        CredentialsBackend::Postgres(_) => Ok(()),
    }
}

/// Reads the costs of stored hashes periodically until the process stops.
async fn read_hash_costs(process: Process, is_read: bool) {
    let costs = process.hash_costs();
    let reading = costs.keep_reading(is_read);
    let _: Option<()> = process.stopping.run_until_cancelled(reading).await;
}

/// Finishes the requests in flight, and cancels background work.
async fn finish(
    process: &Process,
    connections: &Connections,
    running: Vec<Running>,
) -> Result<(), CommandError> {
    let stopped = try_join_all(running.into_iter().map(Running::stop_accepting)).await?;
    connections.close_idle();
    try_join_all(stopped.into_iter().map(Workers::ended)).await?;
    process.stopping.cancel();
    Ok(())
}

fn connections(settings: &Settings, process: &Process) -> Arc<Connections> {
    let limits = ConnectionLimits {
        total: settings.http.max_connections,
        per_address: settings.http.max_connections_per_address,
        trusted_proxies: settings.http.trusted_proxies.clone(),
    };
    Connections::new(limits, process.metrics.connections.clone())
}
