//! A place in the password queue.

use std::any::Any;
use std::fmt;

use crate::model::RequestTime;

/// A place in the password queue. Dropping it releases the place.
///
/// It is taken before the user is read, so that its rejection cannot depend on the user.
pub struct Admission {
    request_time: RequestTime,
    _place: Box<dyn Any + Send + Sync>,
}

impl Admission {
    /// An admission that keeps `place` until the turn starts or the admission is dropped.
    pub fn new(request_time: RequestTime, place: impl Send + Sync + 'static) -> Self {
        Self { request_time, _place: Box::new(place) }
    }

    /// The request time, before whose deadline the turn must start.
    #[must_use]
    pub const fn request_time(&self) -> RequestTime {
        self.request_time
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("request_time", &self.request_time).finish_non_exhaustive()
    }
}
