//! The ports with their adapters.

use std::sync::Arc;

use arc_swap::ArcSwap;
use auth_domain::model::{LimitKeys, PasswordPolicy};
use auth_domain::ports::{
    AccessTokens, Clock, Denylist, Entropy, LegacyRefreshTokens, LoginLimiter, PasswordHasher,
    PasswordStrength, SessionStore, UserRepository,
};
use auth_domain::use_cases::{EndSessions, ImportUsers, ManageUsers};

use super::passwords::KernelCheck;
use super::stores::{Stores, TokenPorts};
use crate::config::Secret;
use crate::data_dir::DirLocks;
use crate::dependency::{DenylistCache, Dependencies};
use crate::login_limiter::Capacity;
use crate::password_hashing::PasswordHashing;
use crate::reload::Reloading;

/// Every port, with the adapter that the settings choose. The ports of stores use the connections of the process.
pub(crate) struct Parts {
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    /// The threads and the queue of the hasher, for metrics.
    pub(crate) password_hashing: Arc<dyn PasswordHashing>,
    /// How many passwords the hasher can verify within a given time.
    pub(crate) password_capacity: Capacity,
    /// The check of the kernel that computes password hashes.
    pub(crate) password_kernel: KernelCheck,
    pub(crate) strength: Arc<dyn PasswordStrength>,
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) denylist: Arc<dyn Denylist>,
    /// The denylist for protected endpoints: the store, or the cache (`TOKENS__VERIFICATION`).
    pub(crate) verification: Arc<dyn Denylist>,
    /// The denylist cache, if it is used.
    pub(crate) denylist_cache: Option<Arc<dyn DenylistCache>>,
    /// The refresh tokens of the legacy service, if the store can have them.
    pub(crate) legacy: Option<Arc<dyn LegacyRefreshTokens>>,
    pub(crate) limiter: Arc<dyn LoginLimiter>,
    /// The ports of the stores on the connections of each worker.
    pub(crate) worker_stores: Vec<Stores>,
    pub(crate) access_tokens: Arc<dyn AccessTokens>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) limit_keys: LimitKeys,
    /// The secret of the admin listener, if it is set.
    pub(crate) admin_secret: Option<Arc<ArcSwap<Secret>>>,
    /// The dependencies of the stores, each once.
    pub(crate) dependencies: Dependencies,
    /// The parts whose secrets can be replaced.
    pub(crate) reloading: Reloading,
    /// The locks on the data directory, if it is used.
    pub(crate) locks: Option<DirLocks>,
}

impl Parts {
    /// Returns the ports of the stores on the connections of the process.
    pub(crate) fn stores(&self) -> Stores {
        let tokens = TokenPorts {
            sessions: self.sessions.clone(),
            denylist: self.denylist.clone(),
            verification: self.verification.clone(),
            legacy: self.legacy.clone(),
        };
        Stores { users: self.users.clone(), tokens }
    }

    /// Returns the use case that creates and changes users.
    pub(crate) fn manage_users(&self, policy: PasswordPolicy) -> ManageUsers {
        ManageUsers {
            users: self.users.clone(),
            hasher: self.hasher.clone(),
            strength: self.strength.clone(),
            end_sessions: self.end_sessions(),
            entropy: self.entropy.clone(),
            policy,
        }
    }

    /// Returns the use case that brings users from other programs.
    pub(crate) fn import_users(&self) -> ImportUsers {
        ImportUsers { users: self.users.clone(), entropy: self.entropy.clone() }
    }

    /// Returns the use case that ends sessions.
    pub(crate) fn end_sessions(&self) -> EndSessions {
        EndSessions {
            sessions: self.sessions.clone(),
            users: self.users.clone(),
            limiter: self.limiter.clone(),
            limit_keys: self.limit_keys.clone(),
        }
    }
}
