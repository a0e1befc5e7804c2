//! The ports for users and passwords.

mod admission;
mod credential;
mod password_hasher;
mod user_outcomes;
mod user_page;
mod user_repository;

pub use admission::Admission;
pub use credential::Credential;
pub use password_hasher::{PasswordCheck, PasswordHasher, TurnCost};
pub use user_outcomes::{Deletion, Insertion, Replacement};
pub use user_page::{UserCursor, UserPage};
pub use user_repository::UserRepository;

#[cfg(any(test, feature = "mocks"))]
pub use {password_hasher::MockPasswordHasher, user_repository::MockUserRepository};
