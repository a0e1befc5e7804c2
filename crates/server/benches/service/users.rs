//! The users, equal in every store.

use argon2::{Algorithm, Argon2, Params, Version};
use auth_domain::model::{Email, NewUser, PasswordHash, Role, TenantId, UserId, UserStatus};
use auth_testkit::START;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The users with sessions, who also log in. The databases of Postgres have more users.
pub(crate) const USERS: u32 = 20_000;
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// The prefix of all user ids; 12 hex digits follow.
pub(crate) const ID_PREFIX: &str = "00000000-0000-4000-8000-";
const SALT: &[u8] = b"one salt for all";

/// The default parameters of Argon2id: 19 MiB, two passes, one lane.
pub(crate) const MEMORY_KIB: u32 = 19_456;
pub(crate) const PASSES: u32 = 2;

/// The id of a user.
pub(crate) fn id(number: u32) -> UserId {
    format!("{ID_PREFIX}{number:012x}").parse().expect("a UUID")
}

/// The email of a user.
pub(crate) fn email(number: u32) -> Email {
    Email::parse(&format!("user{number}@example.com")).expect("an email")
}

/// The users from 1 to [`USERS`]. They have one password and one salt, so that one hash is enough.
pub(crate) fn all(tenant_id: TenantId) -> impl Iterator<Item = NewUser> {
    let hash = password_hash();
    (1..=USERS).map(move |number| NewUser {
        id: id(number),
        tenant_id,
        email: email(number),
        password_hash: Some(PasswordHash::new(hash.clone())),
        status: UserStatus::Active,
        role: Role::Admin,
        created_at: START,
    })
}

/// The hash of [`PASSWORD`] as a PHC string.
pub(crate) fn password_hash() -> String {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("valid parameters");
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSWORD.as_bytes(), SALT, &mut hash)
        .expect("a hash");
    let [salt, hash] = [SALT, &hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${hash}")
}
