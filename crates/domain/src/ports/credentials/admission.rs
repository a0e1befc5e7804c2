//! A place in the password queue.

use std::any::Any;
use std::fmt;

use crate::model::RequestTime;

/// A place in the password queue; dropping it gives the place back.
///
/// It is taken before the account is read, so that the decision cannot depend on the account.
pub struct Admission {
    request_time: RequestTime,
    _place: Box<dyn Any + Send + Sync>,
}

impl Admission {
    /// An admission that holds `place` until the turn begins or the admission is dropped.
    pub fn new(request_time: RequestTime, place: impl Send + Sync + 'static) -> Self {
        Self { request_time, _place: Box::new(place) }
    }

    /// The time within which the turn must begin.
    #[must_use]
    pub const fn request_time(&self) -> RequestTime {
        self.request_time
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("timing", &self.request_time).finish_non_exhaustive()
    }
}
