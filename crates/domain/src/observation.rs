//! What the adapters of stores report about their work, for metrics. No use case depends on it.

mod operation;
mod round_trips;

pub use operation::Operation;
pub use round_trips::{RoundTripObserver, RoundTrips};
