//! Parts of the application whose secrets can be replaced.

use std::sync::Arc;

use auth_store_connection::Change;

use super::requests::ReloadRequests;
use crate::config::Settings;
use crate::dependency::Dependency;

/// A part that uses secrets, certificates or authorities.
pub(crate) trait Reloadable: Send + Sync {
    /// Prepares the use of other secrets. It reads files, so it may block. Nothing changes until the change is applied.
    ///
    /// # Errors
    /// The problem of a setting, with its name and the remedy.
    fn prepare(&self, settings: &Settings) -> Result<Prepared, String>;

    /// The dependency with the present secrets. `None` if there is nothing to ask.
    fn present(&self) -> Option<&dyn Dependency> {
        None
    }
}

/// A change that was prepared.
pub(crate) struct Prepared {
    pub(crate) change: Change,
    /// The dependency with the other secrets. It is asked before the change is applied. `None` if there is nothing to ask.
    pub(crate) dependency: Option<Arc<dyn Dependency>>,
}

/// The parts whose secrets can be replaced, and their requests to do so.
#[derive(Default)]
pub(crate) struct Reloading {
    pub(crate) parts: Vec<Arc<dyn Reloadable>>,
    pub(crate) requests: Arc<ReloadRequests>,
}

impl Prepared {
    /// Returns the change of a part that has nothing to change.
    pub(crate) fn nothing() -> Self {
        Self { change: Change::none(), dependency: None }
    }
}
