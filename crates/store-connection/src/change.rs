//! Changed settings that are not in use yet.

use std::fmt;

/// A change that was checked completely, so that it cannot fail.
#[must_use = "nothing changes until it is applied"]
pub struct Change {
    settings: Vec<&'static str>,
    apply: Box<dyn FnOnce() + Send>,
}

impl Change {
    /// Returns the change that changes nothing.
    pub fn none() -> Self {
        Self::new(Vec::new(), || ())
    }

    /// Returns a change.
    ///
    /// # Parameters
    /// - `settings`: the names of the settings that have changed.
    /// - `apply`: replaces the values in use.
    pub fn new(settings: Vec<&'static str>, apply: impl FnOnce() + Send + 'static) -> Self {
        Self { settings, apply: Box::new(apply) }
    }

    /// Returns the names of the settings that have changed.
    #[must_use]
    pub fn settings(&self) -> &[&'static str] {
        &self.settings
    }

    /// Puts the change into use.
    pub fn apply(self) {
        (self.apply)();
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Change").field(&self.settings).finish()
    }
}
