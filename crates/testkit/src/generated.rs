//! Generated sequences of calls that compare a store with the rules of the domain.
//!
//! The comparison runs each call on the rules and on the store, and requires the same outcome and the same stored state.
//! It holds for a store that calls the rules and for one that mirrors them in another language. To compare a store:
//!
//! 1. implement [`SessionSubject`] or [`AttemptSubject`]: the ports, and methods that read the stored state;
//! 2. call [`compare_sessions`] or [`compare_attempts`] with a number of sequences.
//!
//! Each sequence has new users, so all sequences can use one store. A failing sequence is shrunk.

mod attempt_calls;
mod attempts;
mod call_fault;
mod check;
mod comparison;
mod failovers;
mod limit_model;
mod session_calls;
mod session_model;
mod session_player;
mod sessions;

pub use attempt_calls::{AttemptCall, AttemptOperation, attempt_calls};
pub use attempts::{AttemptSubject, GENERATED_LIMITS, compare_attempts};
pub use call_fault::CallFault;
pub use failovers::{Failover, compare_sessions_over_a_failover};
pub use limit_model::LimitModel;
pub use session_calls::{OpenedFor, PresentedToken, SessionCall, SessionOperation, session_calls};
pub use session_model::{SessionAnswer, SessionModel, SessionRequest};
pub use session_player::SessionPlayer;
pub use sessions::{SessionSubject, compare_sessions};
