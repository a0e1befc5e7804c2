use super::*;
use crate::mocks::{MockUserRepository, counting_entropy};
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

/// The user of the fixtures, as a file has them.
fn given() -> UserToImport {
    let User { id, tenant_id, email, password_hash, status, role, created_at } = user();
    let (id, tenant_id, created_at) = (Some(id), Some(tenant_id), Some(created_at));
    UserToImport { id, tenant_id, email, password_hash, status, role, created_at }
}

/// A store that answers each insert with `insertion`, notes the users, and has `stored` under their email.
fn store(
    insertion: Insertion,
    stored: Result<Option<User>, PortError>,
) -> (MockUserRepository, Seen<Vec<NewUser>>) {
    let (mut users, seen) = (MockUserRepository::new(), Seen::new());
    let noted = seen.clone();
    users.expect_insert_all().times(1).returning(move |new, _| {
        noted.note(new.to_vec());
        Ok(vec![insertion; new.len()])
    });
    users.expect_find_by_email().returning(move |_, _| stored.clone());
    (users, seen)
}

async fn import(users: MockUserRepository, given: &[UserToImport]) -> Result<Vec<ImportOutcome>, PortError> {
    let import = ImportUsers { users: Arc::new(users), entropy: Arc::new(counting_entropy()) };
    let mut outcomes = Vec::new();
    for (user, attempt) in given.iter().zip(import.insert(given, request_time()).await?) {
        outcomes.push(match attempt {
            ImportAttempt::Done(outcome) => outcome,
            ImportAttempt::Exists(tenant_id) => import.compare(user, tenant_id, request_time()).await?,
        });
    }
    Ok(outcomes)
}

#[tokio::test]
async fn a_user_is_imported_with_the_data_of_the_file() {
    let (users, seen) = store(Insertion::Inserted, Ok(None));
    let inactive = UserToImport { status: UserStatus::Inactive, password_hash: None, ..given() };
    assert_eq!(import(users, &[inactive]).await.unwrap(), [ImportOutcome::Imported(user().id)]);
    let User { id, tenant_id, email, role, created_at, .. } = user();
    let status = UserStatus::Inactive;
    let expected = NewUser { id, tenant_id, email, password_hash: None, status, role, created_at };
    assert_eq!(seen.only(), [expected]);
}

#[tokio::test]
async fn what_the_file_lacks_is_new_and_the_default_tenant_is_read_once() {
    let (mut users, seen) = store(Insertion::Inserted, Ok(None));
    users.expect_default_tenant().times(1).returning(|_, _| Ok(other_tenant_id()));
    let bare = UserToImport { id: None, tenant_id: None, created_at: None, ..given() };
    let outcomes = import(users, &[bare.clone(), bare]).await.unwrap();
    let new = seen.only();
    assert_eq!(outcomes, [0, 1].map(|index| ImportOutcome::Imported(new[index].id)));
    assert_ne!(new[0].id, new[1].id);
    assert!(
        new.iter().all(|new| new.tenant_id == other_tenant_id() && new.created_at == request_time().now())
    );
}

#[tokio::test]
async fn a_user_with_the_same_data_is_already_there() {
    let bare = UserToImport { id: None, created_at: None, ..given() };
    for given in [given(), bare] {
        let (users, _) = store(Insertion::Taken, Ok(Some(user())));
        assert_eq!(import(users, &[given]).await.unwrap(), [ImportOutcome::AlreadyThere]);
    }
}

#[tokio::test]
async fn a_user_with_other_data_is_named_by_the_first_column_that_differs() {
    let other_id = Some(UserId::from_random_bytes([9; 16]));
    for (given, column) in [
        (UserToImport { id: other_id, ..given() }, "id"),
        (UserToImport { tenant_id: Some(other_tenant_id()), ..given() }, "tenant_id"),
        (UserToImport { password_hash: None, ..given() }, "password_hash"),
        (UserToImport { status: UserStatus::Inactive, ..given() }, "status"),
        (UserToImport { role: Role::Viewer, ..given() }, "role"),
        (UserToImport { created_at: Some(request_time().now()), ..given() }, "created_at"),
    ] {
        let (users, _) = store(Insertion::Taken, Ok(Some(user())));
        assert_eq!(import(users, &[given]).await.unwrap(), [ImportOutcome::Different(column)]);
    }
}

#[tokio::test]
async fn users_who_cannot_be_inserted_are_outcomes() {
    for (insertion, stored, expected) in [
        (Insertion::Taken, Ok(None), ImportOutcome::IdTaken),
        (Insertion::UnknownTenant, Ok(None), ImportOutcome::UnknownTenant),
        (Insertion::Taken, Err(unreadable_row()), ImportOutcome::Unreadable(unreadable_user())),
    ] {
        let (users, _) = store(insertion, stored);
        assert_eq!(import(users, &[given()]).await.unwrap(), [expected]);
    }
}

#[tokio::test]
async fn a_store_that_fails_ends_the_import() {
    let (users, _) = store(Insertion::Taken, Err(port_error(PortErrorKind::Unavailable)));
    assert_eq!(import(users, &[given()]).await.unwrap_err().kind(), PortErrorKind::Unavailable);
}
