//! The dependencies, and the parts whose secrets can be replaced.

use std::sync::Arc;

use auth_store_connection::Renewal;

use crate::dependency::{Dependencies, Dependency};
use crate::reload::{Reloadable, Reloading};

/// What was composed so far besides the ports.
#[derive(Default)]
pub(super) struct Servers {
    pub(super) dependencies: Dependencies,
    pub(super) reloading: Reloading,
}

impl Servers {
    /// Adds a server that other secrets can be used for.
    pub(super) fn add<T: Dependency + Reloadable + 'static>(&mut self, server: T) {
        let server = Arc::new(server);
        self.dependencies.push(server.clone());
        self.reloading.parts.push(server);
    }

    /// Returns where other credentials come from.
    pub(super) fn renewal(&self) -> Arc<dyn Renewal> {
        self.reloading.requests.clone()
    }
}
