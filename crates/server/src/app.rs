//! The application that every worker serves.

mod handlers;
mod process;

use tokio::runtime::Handle;

use crate::compose::Parts;
use crate::config::Settings;

pub(crate) use handlers::Handlers;
pub(crate) use process::Process;

/// The application, built once for all workers.
pub(crate) struct Application {
    pub(crate) handlers: Handlers,
    pub(crate) process: Process,
}

impl Application {
    /// Builds the application on the ports in `parts`. Use cases and background work run on `runtime`.
    pub(crate) fn new(parts: Parts, settings: &Settings, runtime: Handle) -> Self {
        let process = Process::new(&parts, &runtime);
        Self { handlers: Handlers::new(parts, settings, runtime, &process), process }
    }
}
