//! An in-memory user repository with seeded faults.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    Email, HashParameters, HashParametersInUse, NewUser, PasswordHash, RequestTime, Role, TenantId, User,
    UserId, UserStatus,
};
use auth_domain::ports::{Deletion, Insertion, PortError, Replacement, UserCursor, UserPage, UserRepository};
use auth_testkit::UserRepositoryFixture;

/// A deviation from the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    ChecksTheEmailBeforeItInserts,
    TakenEmailIsOverwritten,
    EmailNotFound,
    UnknownUserIsFound,
    RoleNotStored,
    CreatedAtNotStored,
    TenantNotChecked,
    EveryCallerCreatesTheDefaultTenant,
    ExpectedIgnored,
    MissingHashMatchesAnything,
    NonAtomicReplace,
    ReplaceNotStored,
    StatusNotStored,
    StatusSetForEveryUser,
    StatusOfNewUserNotStored,
    OneRejectionRejectsAll,
    RejectedIdIsInserted,
    RepeatedEmailIsInserted,
    DeletionNotStored,
    DeletesEveryUser,
    PagesStopEarly,
    PagesRepeatTheirLastUser,
    PageIsTooLarge,
    ParametersWithTheSalt,
    ParametersOfTheFirstUser,
    ParametersOfMalformedTexts,
    MissingHashIsCorrupt,
    MissingHashIsEmpty,
    DeadlineIgnored,
}

struct InMemoryUserRepository {
    rows: Arc<Mutex<Rows>>,
    fault: Option<Fault>,
}

#[derive(Clone, Default)]
struct Rows {
    tenants: Vec<TenantId>,
    users: Vec<User>,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> UserRepositoryFixture {
    let rows = Arc::new(Mutex::new(Rows::default()));
    let users = Arc::new(InMemoryUserRepository { rows: Arc::clone(&rows), fault });
    let remove_password = Box::new(move |id| {
        rows.lock().unwrap().user(id).unwrap().password_hash = None;
        Box::pin(async {}) as _
    });
    UserRepositoryFixture { users, remove_password, keep: Box::new(()) }
}

impl Rows {
    fn user(&mut self, id: UserId) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }
}

impl InMemoryUserRepository {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap()
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn in_time(&self, request_time: RequestTime) -> Result<(), PortError> {
        if self.has(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(request_time) }
    }

    fn read(&self, user: Option<&User>) -> Result<Option<User>, PortError> {
        let Some(user) = user else {
            let any_user = self.rows().users.first().cloned();
            return Ok(any_user.filter(|_| self.has(Fault::UnknownUserIsFound)));
        };
        let mut user = user.clone();
        if user.password_hash.is_none() && self.has(Fault::MissingHashIsCorrupt) {
            return Err(PortError::corrupt("no hash"));
        }
        if user.password_hash.is_none() && self.has(Fault::MissingHashIsEmpty) {
            user.password_hash = Some(PasswordHash::new(String::new()));
        }
        Ok(Some(user))
    }

    fn parameters(&self, hash: &str) -> Option<HashParameters> {
        let salt_of = |salt: &str| {
            if self.has(Fault::ParametersWithTheSalt) { salt[..4].to_owned() } else { String::new() }
        };
        if let Some(rest) = hash.strip_prefix("$2b$").or_else(|| hash.strip_prefix("$2y$")) {
            let (cost, salt) = rest.split_once('$').filter(|(cost, _)| cost.len() == 2)?;
            if salt.len() != 53 && !self.has(Fault::ParametersOfMalformedTexts) {
                return None;
            }
            return HashParameters::parse(&format!("{}{cost}{}", &hash[..4], salt_of(salt)));
        }
        let prefixes = ["$argon2id$v=19$", "$pbkdf2-sha256$", "$pbkdf2-sha512$", "$scrypt$"];
        let prefix = prefixes.into_iter().find(|prefix| hash.starts_with(prefix))?;
        let (own, salt) = hash[prefix.len()..].split_once('$')?;
        let is_encoded =
            |text: &str| text.len() >= 11 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_hash = salt.split_once('$').is_some_and(|(salt, hash)| is_encoded(salt) && is_encoded(hash));
        if !is_hash && !self.has(Fault::ParametersOfMalformedTexts) {
            return None;
        }
        HashParameters::parse(&format!("{prefix}{own}{}", salt_of(salt)))
    }

    /// What the check of a new user sees if it is not atomic with the insert.
    fn rows_before(&self, checked: &Rows) -> Option<Rows> {
        let is_separate =
            self.has(Fault::ChecksTheEmailBeforeItInserts) || self.has(Fault::RepeatedEmailIsInserted);
        is_separate.then(|| checked.clone())
    }

    fn outcome(&self, user: &NewUser, rows: &Rows) -> Insertion {
        let is_taken = |other: &User| {
            other.email == user.email || (other.id == user.id && !self.has(Fault::RejectedIdIsInserted))
        };
        if rows.users.iter().any(is_taken) {
            Insertion::Taken
        } else if rows.tenants.contains(&user.tenant_id) || self.has(Fault::TenantNotChecked) {
            Insertion::Inserted
        } else {
            Insertion::UnknownTenant
        }
    }

    fn new_row(&self, user: &NewUser, request_time: RequestTime) -> User {
        let is_active = self.has(Fault::StatusOfNewUserNotStored);
        let is_now = self.has(Fault::CreatedAtNotStored);
        User {
            id: user.id,
            tenant_id: user.tenant_id,
            email: user.email.clone(),
            password_hash: user.password_hash.clone(),
            status: if is_active { UserStatus::Active } else { user.status },
            role: if self.has(Fault::RoleNotStored) { Role::Viewer } else { user.role },
            created_at: if is_now { request_time.now() } else { user.created_at },
        }
    }

    /// Pauses between a check and the write that depends on it, if the fault makes them separate.
    async fn pause(&self, fault: Fault) {
        if self.has(fault) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[async_trait]
impl UserRepository for InMemoryUserRepository {
    async fn find_by_email(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError> {
        self.in_time(request_time)?;
        let found = self.rows().users.iter().find(|user| user.email == *email).cloned();
        self.read(found.as_ref().filter(|_| !self.has(Fault::EmailNotFound)))
    }

    async fn find_by_id(&self, id: UserId, request_time: RequestTime) -> Result<Option<User>, PortError> {
        self.in_time(request_time)?;
        let found = self.rows().user(id).cloned();
        self.read(found.as_ref())
    }

    async fn page(
        &self,
        after: Option<UserCursor>,
        limit: u32,
        request_time: RequestTime,
    ) -> Result<UserPage, PortError> {
        self.in_time(request_time)?;
        let mut users = self.rows().users.clone();
        users.sort_by_key(|user| user.id.as_uuid());
        let is_later = |user: &User, after: &UserCursor| {
            let repeats = self.has(Fault::PagesRepeatTheirLastUser) && user.id.as_bytes() == after.as_bytes();
            user.id.as_bytes().as_slice() > after.as_bytes() || repeats
        };
        users.retain(|user| after.as_ref().is_none_or(|after| is_later(user, after)));
        let limit = limit as usize + usize::from(self.has(Fault::PageIsTooLarge));
        let is_last = users.len() <= limit || self.has(Fault::PagesStopEarly);
        users.truncate(limit);
        let end = users.last().filter(|_| !is_last);
        let end = end.map(|user| UserCursor::new(user.id.as_bytes().to_vec()));
        Ok(UserPage { users, unreadable: Vec::new(), end })
    }

    async fn hash_parameters(
        &self,
        request_time: RequestTime,
    ) -> Result<Vec<HashParametersInUse>, PortError> {
        self.in_time(request_time)?;
        let rows = self.rows();
        let hashes = rows.users.iter().filter_map(|user| user.password_hash.as_ref());
        let mut found: Vec<HashParametersInUse> = Vec::new();
        for parameters in hashes.filter_map(|hash| self.parameters(hash.expose())) {
            match found.iter_mut().find(|known| known.parameters == parameters) {
                Some(known) => known.users += 1,
                None => found.push(HashParametersInUse { parameters, users: 1 }),
            }
        }
        found.truncate(if self.has(Fault::ParametersOfTheFirstUser) { 1 } else { usize::MAX });
        Ok(found)
    }

    async fn default_tenant(
        &self,
        candidate: TenantId,
        request_time: RequestTime,
    ) -> Result<TenantId, PortError> {
        self.in_time(request_time)?;
        let mut rows = self.rows();
        if rows.tenants.is_empty() || self.has(Fault::EveryCallerCreatesTheDefaultTenant) {
            rows.tenants.insert(0, candidate);
        }
        Ok(rows.tenants[0])
    }

    async fn insert_all(
        &self,
        users: &[NewUser],
        request_time: RequestTime,
    ) -> Result<Vec<Insertion>, PortError> {
        self.in_time(request_time)?;
        let checked_before = self.rows().clone();
        self.pause(Fault::ChecksTheEmailBeforeItInserts).await;
        let (mut rows, before) = (self.rows(), self.rows_before(&checked_before));
        let mut outcomes = Vec::new();
        for user in users {
            let known = before.as_ref().unwrap_or(&rows);
            let outcome = self.outcome(user, known);
            if outcome == Insertion::Inserted {
                rows.users.push(self.new_row(user, request_time));
            }
            if outcome == Insertion::Taken && self.has(Fault::TakenEmailIsOverwritten) {
                let mut others = rows.users.iter_mut().filter(|other| other.email == user.email);
                others.by_ref().for_each(|other| other.password_hash.clone_from(&user.password_hash));
            }
            outcomes.push(outcome);
        }
        if self.has(Fault::OneRejectionRejectsAll) && outcomes.iter().any(|it| *it != Insertion::Inserted) {
            *rows = checked_before;
        }
        Ok(outcomes)
    }

    async fn delete(&self, id: UserId, request_time: RequestTime) -> Result<Deletion, PortError> {
        self.in_time(request_time)?;
        let mut rows = self.rows();
        if rows.user(id).is_none() {
            return Ok(Deletion::Unknown);
        }
        if self.has(Fault::DeletesEveryUser) {
            rows.users.clear();
        } else if !self.has(Fault::DeletionNotStored) {
            rows.users.retain(|user| user.id != id);
        }
        Ok(Deletion::Deleted)
    }

    async fn set_status(
        &self,
        id: UserId,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        self.in_time(request_time)?;
        let mut rows = self.rows();
        let every_user = self.has(Fault::StatusSetForEveryUser);
        let mut named = rows.users.iter_mut().filter(|user| user.id == id || every_user).peekable();
        let found = named.peek().is_some();
        if !self.has(Fault::StatusNotStored) {
            named.for_each(|user| user.status = status);
        }
        Ok(found)
    }

    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        request_time: RequestTime,
    ) -> Result<Replacement, PortError> {
        self.in_time(request_time)?;
        let read = self.rows().user(id).map(|user| user.password_hash.clone());
        self.pause(Fault::NonAtomicReplace).await;
        let mut rows = self.rows();
        let Some(user) = rows.user(id) else { return Ok(Replacement::Changed) };
        let stored =
            if self.has(Fault::NonAtomicReplace) { read.unwrap() } else { user.password_hash.clone() };
        let matches = match self.fault {
            Some(Fault::ExpectedIgnored) => true,
            Some(Fault::MissingHashMatchesAnything) => expected.is_none() || stored == expected,
            _ => stored == expected,
        };
        if !matches {
            return Ok(Replacement::Changed);
        }
        if !self.has(Fault::ReplaceNotStored) {
            user.password_hash = Some(new.clone());
        }
        Ok(Replacement::Replaced)
    }
}
