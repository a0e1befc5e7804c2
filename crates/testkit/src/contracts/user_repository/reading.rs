//! Reading users.

use std::time::Duration;

use auth_domain::model::{
    HashParameters, HashParametersInUse, PasswordHash, Role, TenantId, User, UserId, UserStatus,
};

use super::{a_hash, found, insert, inserted, replace, stored_hash, tenant};
use crate::contracts::assert_unavailable;
use crate::{
    START, UserRepositoryFixture, a_tenant_id, a_user, a_user_id, an_email, request_time_at,
    request_time_past_its_deadline,
};
use auth_domain::ports::{Insertion, Replacement};

/// Twenty users are on three pages.
const PAGE: u32 = 7;

/// A user is found by email and by id with every field as inserted.
pub async fn inserted_user_is_found_by_email_and_by_id(fixture: &UserRepositoryFixture) {
    let tenant = tenant(fixture).await;
    for role in Role::ALL {
        let mut new = a_user(tenant);
        (new.role, new.created_at) = (role, START - Duration::from_hours(24));
        if role == Role::Viewer {
            (new.status, new.password_hash) = (UserStatus::Inactive, None);
        }
        assert_eq!(insert(fixture, &new).await, Insertion::Inserted);

        let user = User {
            id: new.id,
            tenant_id: tenant,
            email: new.email.clone(),
            password_hash: new.password_hash,
            status: new.status,
            role,
            created_at: new.created_at,
        };
        assert_eq!(found(fixture, new.id).await.as_ref(), Some(&user));
        let by_email = fixture.users.find_by_email(&new.email, request_time_at(START)).await.unwrap();
        assert_eq!(by_email, Some(user));
    }
}

/// An unknown email or id is not found.
pub async fn unknown_user_is_not_found(fixture: &UserRepositoryFixture) {
    for _ in 0..2 {
        assert_eq!(found(fixture, a_user_id()).await, None);
        let by_email = fixture.users.find_by_email(&an_email(), request_time_at(START)).await.unwrap();
        assert_eq!(by_email, None);
        inserted(fixture).await;
    }
}

/// The next read returns the status that was set.
pub async fn status_is_stored(fixture: &UserRepositoryFixture) {
    let (user, other) = (inserted(fixture).await, inserted(fixture).await);
    for status in [UserStatus::Inactive, UserStatus::Inactive, UserStatus::Active] {
        assert!(set_status(fixture, user.id, status).await, "the user exists");
        assert_eq!(found(fixture, user.id).await.map(|user| user.status), Some(status));
    }
    set_status(fixture, user.id, UserStatus::Inactive).await;
    assert_eq!(found(fixture, other.id).await.map(|user| user.status), Some(UserStatus::Active));
    assert!(!set_status(fixture, a_user_id(), UserStatus::Inactive).await, "the user does not exist");
}

/// The pages have every user once, with every field, and no page has more users than requested.
pub async fn pages_have_every_user_once(fixture: &UserRepositoryFixture) {
    assert_eq!(listed(fixture).await, []);
    let mut expected = Vec::new();
    for _ in 0..20 {
        let user = inserted(fixture).await;
        expected.push(found(fixture, user.id).await.expect("the user exists"));
    }
    let mut listed = listed(fixture).await;
    for users in [&mut expected, &mut listed] {
        users.sort_by_key(|user| user.id.as_uuid());
    }
    assert_eq!(listed, expected);
}

/// A user who signs in with another identity provider has no hash until one is set.
pub async fn user_without_password_has_no_hash(fixture: &UserRepositoryFixture) {
    let user = inserted(fixture).await;
    (fixture.remove_password)(user.id).await;
    assert_eq!(stored_hash(fixture, user.id).await, None);
    let by_email = fixture.users.find_by_email(&user.email, request_time_at(START)).await.unwrap();
    assert_eq!(by_email.expect("the user exists").password_hash, None);
    assert_eq!(listed(fixture).await.len(), 1);

    let stale = replace(fixture, user.id, user.password_hash.as_ref(), &a_hash("new")).await;
    assert_eq!(stale, Replacement::Changed);
    assert_eq!(replace(fixture, user.id, None, &a_hash("new")).await, Replacement::Replaced);
    assert_eq!(stored_hash(fixture, user.id).await, Some(a_hash("new")));
}

/// `hash_parameters` returns the parameters of the hashes with the number of their users, without salt or hash. Texts that only begin
/// like a hash do not count.
pub async fn hash_parameters_are_counted_without_salts(fixture: &UserRepositoryFixture) {
    const SALT_AND_HASH: &str = "c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA";
    assert_eq!(fixture.users.hash_parameters(request_time_at(START)).await.unwrap(), []);
    let tenant = tenant(fixture).await;
    let current = "$argon2id$v=19$m=19456,t=2,p=1";
    let expensive = "$argon2id$v=19$m=262144,t=10,p=16";
    for beginning in [current, expensive, current, current] {
        insert_hash(fixture, tenant, &format!("{beginning}${SALT_AND_HASH}")).await;
    }
    let bcrypt = ["$2b$12", "$2y$05"];
    for beginning in bcrypt {
        insert_hash(
            fixture,
            tenant,
            &format!("{beginning}$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"),
        )
        .await;
    }
    let others = ["$pbkdf2-sha256$i=1000,l=32", "$pbkdf2-sha512$29000", "$scrypt$ln=10,r=8,p=1"];
    for beginning in others {
        insert_hash(fixture, tenant, &format!("{beginning}${SALT_AND_HASH}")).await;
    }
    for beginning in ["$2b$14", "$pbkdf2-sha256$i=2000", "$scrypt$ln=18,r=8,p=1", expensive] {
        for rest in [
            "junk",
            "junk$junk",
            "c2FsdHNhbHRzYWx0c2FsdA$",
            &format!("{SALT_AND_HASH}$"),
            "söme sält$söme häsh",
        ] {
            insert_hash(fixture, tenant, &format!("{beginning}${rest}")).await;
        }
    }
    // Texts without parameters, or with longer ones than are possible.
    for text in [
        "c2FsdHNhbHRzYWx0c2FsdA==:aGFzaGhhc2hoYXNoaGFzaA==",
        "$2c$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$2b$1$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        &format!("$pbkdf2-sha1$1000${SALT_AND_HASH}"),
        &format!("$pbkdf2-sha256${}${SALT_AND_HASH}", "9".repeat(50)),
        &format!("$scrypt${}${SALT_AND_HASH}", "9".repeat(57)),
        "$scrypt$ln=10,r=8,p=1",
        &format!("$argon2id$m=19456,t=2,p=1${SALT_AND_HASH}"),
        &format!("$argon2i$v=19$m=19456,t=2,p=1${SALT_AND_HASH}"),
        &format!("$argon2id$v=19${}${SALT_AND_HASH}", "9".repeat(50)),
        "$argon2id$v=19$m=19456,t=2,p=1",
        "",
    ] {
        insert_hash(fixture, tenant, text).await;
    }
    let without = inserted(fixture).await;
    (fixture.remove_password)(without.id).await;

    let mut found = fixture.users.hash_parameters(request_time_at(START)).await.unwrap();
    found.sort_unstable_by(|a, b| a.parameters.cmp(&b.parameters));
    let in_use = |text: &str, users| HashParametersInUse {
        parameters: HashParameters::parse(text).expect("parameters"),
        users,
    };
    let mut expected = vec![in_use(current, 3), in_use(expensive, 1)];
    expected.extend(bcrypt.into_iter().chain(others).map(|text| in_use(text, 1)));
    expected.sort_unstable_by(|a, b| a.parameters.cmp(&b.parameters));
    assert_eq!(found, expected);
}

async fn insert_hash(fixture: &UserRepositoryFixture, tenant: TenantId, text: &str) {
    let mut user = a_user(tenant);
    user.password_hash = Some(PasswordHash::new(text.to_owned()));
    assert_eq!(insert(fixture, &user).await, Insertion::Inserted);
}

/// A call after its deadline fails and changes nothing.
pub async fn call_past_its_deadline_changes_nothing(fixture: &UserRepositoryFixture) {
    let late = request_time_past_its_deadline(START);
    let (users, candidate) = (&fixture.users, a_tenant_id());
    assert_unavailable(users.default_tenant(candidate, late).await, "default_tenant");
    assert_ne!(tenant(fixture).await, candidate);

    let user = inserted(fixture).await;
    let before = found(fixture, user.id).await;
    let another = a_user(user.tenant_id);
    assert_unavailable(users.insert(&another, late).await, "insert");
    assert_unavailable(users.set_status(user.id, UserStatus::Inactive, late).await, "set_status");
    let expected = user.password_hash;
    let replaced = users.replace_password_hash(user.id, expected, &a_hash("new"), late).await;
    assert_unavailable(replaced, "replace_password_hash");
    assert_unavailable(users.find_by_email(&user.email, late).await, "find_by_email");
    assert_unavailable(users.find_by_id(user.id, late).await, "find_by_id");
    assert_unavailable(users.page(None, PAGE, late).await, "page");
    assert_unavailable(users.delete(user.id, late).await, "delete");
    assert_unavailable(users.hash_parameters(late).await, "hash_parameters");

    assert_eq!(found(fixture, user.id).await, before);
    assert_eq!(found(fixture, another.id).await, None);
}

/// Returns every user, and asserts that every row could be read.
async fn listed(fixture: &UserRepositoryFixture) -> Vec<User> {
    let (mut users, mut after) = (Vec::new(), None);
    for _ in 0..20 {
        let page = fixture.users.page(after, PAGE, request_time_at(START)).await.unwrap();
        assert_eq!(page.unreadable, []);
        assert!(page.users.len() <= 7, "a page has {} users", page.users.len());
        users.extend(page.users);
        after = page.end;
        if after.is_none() {
            return users;
        }
    }
    panic!("the pages do not end");
}

async fn set_status(fixture: &UserRepositoryFixture, id: UserId, status: UserStatus) -> bool {
    fixture.users.set_status(id, status, request_time_at(START)).await.unwrap()
}
