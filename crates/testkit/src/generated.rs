//! Generated sequences of calls, run on the rules of the domain and on a store, which must agree.
//!
//! A store that calls the rules, and one that mirrors them in a language of its own, pass the same comparison:
//!
//! 1. implement [`SessionSubject`] or [`AttemptSubject`]: the ports, and a reader of what is stored;
//! 2. call [`compare_sessions`] or [`compare_attempts`] with a number of sequences.
//!
//! Each sequence has new users, so one store serves all of them. A sequence that fails is made as short as possible.

mod attempt_calls;
mod attempts;
mod check;
mod session_calls;
mod session_model;
mod session_player;
mod sessions;

pub use attempt_calls::{AttemptCall, AttemptOperation, attempt_calls};
pub use attempts::{AttemptSubject, compare_attempts};
pub use session_calls::{PresentedToken, SessionCall, SessionOperation, session_calls};
pub use session_model::{SessionAnswer, SessionModel, SessionRequest};
pub use session_player::SessionPlayer;
pub use sessions::{SessionSubject, compare_sessions};
