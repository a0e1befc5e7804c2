//! The application that the workers serve.

mod handlers;
mod process;
mod shared;

use tokio::runtime::Handle;

use crate::compose::Parts;
use crate::config::Settings;

pub(crate) use handlers::Handlers;
pub(crate) use process::Process;
use shared::Shared;

/// The application, with handlers for each worker.
pub(crate) struct Application {
    /// The handlers on the connections of the process, for the admin listener.
    pub(crate) handlers: Handlers,
    /// The handlers of each worker of the public listener, on connections of its own.
    pub(crate) workers: Vec<Handlers>,
    pub(crate) process: Process,
}

impl Application {
    /// Builds the application on the ports in `parts`. Background work runs on `runtime`.
    pub(crate) fn new(parts: Parts, settings: &Settings, runtime: Handle) -> Self {
        let process = Process::new(&parts, &runtime);
        let (stores, worker_stores) = (parts.stores(), parts.worker_stores.clone());
        let shared = Shared::new(parts, settings, runtime, &process);
        Self {
            handlers: Handlers::new(&shared, stores),
            workers: worker_stores.into_iter().map(|stores| Handlers::new(&shared, stores)).collect(),
            process,
        }
    }
}
