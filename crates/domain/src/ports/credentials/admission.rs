//! A place in the password queue.

use std::any::Any;
use std::fmt;

use crate::model::Timing;

/// A place in the password queue; dropping it gives the place back.
///
/// It is taken before the account is read, so that the decision cannot depend on the account.
pub struct Admission {
    timing: Timing,
    _place: Box<dyn Any + Send + Sync>,
}

impl Admission {
    /// An admission that holds `place` until the turn begins or the admission is dropped.
    pub fn new(timing: Timing, place: impl Send + Sync + 'static) -> Self {
        Self { timing, _place: Box::new(place) }
    }

    /// The time within which the turn must begin.
    #[must_use]
    pub const fn timing(&self) -> Timing {
        self.timing
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("timing", &self.timing).finish_non_exhaustive()
    }
}
