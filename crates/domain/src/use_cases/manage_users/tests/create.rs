//! New users.

use super::*;
use crate::model::{HashFormat, HashUse, Role};

fn new_user(text: &str, tenant_id: Option<TenantId>) -> CreateUser {
    let password = FirstPassword::Text(password(text));
    CreateUser { email: email(), password, role: Role::Owner, tenant_id }
}

/// Users of whom one more is inserted, noted, and answered with `insertion`.
fn inserting(insertion: Insertion) -> (Setup, Seen<NewUser>) {
    inserting_with(hasher(), insertion)
}

fn inserting_with(hasher: MockPasswordHasher, insertion: Insertion) -> (Setup, Seen<NewUser>) {
    let (mut setup, seen) = (Setup { hasher, ..setup() }, Seen::new());
    let noted = seen.clone();
    setup.users.expect_insert().withf(|_, at| *at == request_time()).times(1).returning(move |user, _| {
        noted.note(user.clone());
        Ok(insertion)
    });
    (setup, seen)
}

async fn create(setup: Setup, tenant_id: Option<TenantId>) -> Result<UserId, ManageUsersError> {
    let created = setup.manage().create(new_user(LONG_ENOUGH, tenant_id), request_time()).await?;
    assert_eq!(created.switched_off, None);
    Ok(created.user_id)
}

#[tokio::test]
async fn a_new_user_is_stored_with_the_hash_of_the_password() {
    let (setup, seen) = inserting(Insertion::Inserted);
    let id = create(setup, Some(tenant_id())).await.unwrap();
    let expected = NewUser {
        id,
        tenant_id: tenant_id(),
        email: email(),
        password_hash: Some(hash("new")),
        status: UserStatus::Active,
        role: Role::Owner,
        created_at: request_time().now(),
    };
    assert_eq!(seen.only(), expected);
}

#[tokio::test]
async fn a_user_without_a_tenant_is_in_the_default_tenant() {
    let (mut setup, seen) = inserting(Insertion::Inserted);
    let candidate_is_new = |candidate: &TenantId, _: &RequestTime| *candidate != other_tenant_id();
    setup
        .users
        .expect_default_tenant()
        .withf(candidate_is_new)
        .times(1)
        .returning(|_, _| Ok(other_tenant_id()));
    create(setup, None).await.unwrap();
    assert_eq!(seen.only().tenant_id, other_tenant_id());
}

#[tokio::test]
async fn the_id_of_a_new_tenant_is_not_the_id_of_its_user() {
    let (mut setup, seen) = inserting(Insertion::Inserted);
    setup.users.expect_default_tenant().times(1).returning(|candidate, _| Ok(candidate));
    create(setup, None).await.unwrap();
    assert_ne!(seen.only().tenant_id.as_bytes(), seen.only().id.as_bytes());
}

// S-26
#[tokio::test]
async fn a_short_password_is_not_hashed_and_creates_no_tenant() {
    match setup().manage().create(new_user("fourteen chars", None), request_time()).await {
        Err(ManageUsersError::PasswordTooShort { min_length }) => assert_eq!(min_length, 15),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_second_user_with_an_email_is_rejected() {
    let (setup, _) = inserting(Insertion::Taken);
    assert!(matches!(create(setup, Some(tenant_id())).await, Err(ManageUsersError::EmailTaken)));
}

#[tokio::test]
async fn a_user_of_an_unknown_tenant_is_rejected() {
    let (setup, _) = inserting(Insertion::UnknownTenant);
    assert!(matches!(create(setup, Some(tenant_id())).await, Err(ManageUsersError::UnknownTenant)));
}

#[tokio::test]
async fn a_password_that_cannot_be_hashed_creates_no_user() {
    let mut setup = setup();
    setup.hasher.expect_hash().return_once(|_, _| Err(port_error(PortErrorKind::Overloaded)));
    assert!(matches!(create(setup, Some(tenant_id())).await, Err(ManageUsersError::Port(_))));
}

/// A hasher that parses the given hash, and computes none.
fn parsing(usability: HashUse) -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_usability().withf(|given| *given == hash("given")).return_const(usability);
    hasher
}

async fn create_with_hash(setup: Setup) -> Result<Created, ManageUsersError> {
    let password = FirstPassword::Hash(hash("given"));
    let create = CreateUser { email: email(), password, role: Role::Owner, tenant_id: Some(tenant_id()) };
    setup.manage().create(create, request_time()).await
}

#[tokio::test]
async fn a_hash_is_stored_as_it_is_given() {
    for (usability, switched_off) in [
        (HashUse::Verifies(HashFormat::Legacy), None),
        (HashUse::SwitchedOff(HashFormat::Bcrypt), Some(HashFormat::Bcrypt)),
    ] {
        let (setup, seen) = inserting_with(parsing(usability), Insertion::Inserted);
        assert_eq!(create_with_hash(setup).await.unwrap().switched_off, switched_off);
        assert_eq!(seen.only().password_hash, Some(hash("given")));
    }
}

#[tokio::test]
async fn a_hash_that_never_verifies_creates_no_user() {
    let rejected = create_with_hash(Setup { hasher: parsing(HashUse::Unusable), ..setup() }).await;
    assert!(matches!(rejected, Err(ManageUsersError::UnusableHash)));
}
