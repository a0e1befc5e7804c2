//! The algorithms of stored hashes. New hashes are always Argon2id.

mod bcrypt;
mod hash_cost;
mod pbkdf2;
mod per_algorithm;
mod scrypt;

pub(crate) use bcrypt::BcryptCost;
pub(crate) use hash_cost::HashCost;
pub(crate) use pbkdf2::{Digest, Pbkdf2Cost};
pub(crate) use per_algorithm::{Algorithm, PerAlgorithm};
pub(crate) use scrypt::ScryptCost;

#[cfg(test)]
mod tests;
