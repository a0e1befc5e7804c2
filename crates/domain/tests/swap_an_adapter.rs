//! The example of the README as a test.

use std::sync::Arc;

use auth_domain::mocks::{self, MockDenylist, MockSessionStore, MockUserRepository};
use auth_domain::model::RefreshToken;
use auth_domain::ports::PortError;
use auth_domain::use_cases::{Refresh, RefreshCommand, RefreshError};
use time::macros::datetime;

#[tokio::test]
async fn an_unreachable_database_consumes_no_refresh_token() {
    // The mock in place of the adapter:
    let mut users = MockUserRepository::new();
    users.expect_find_by_id().times(1).returning(|_, _| Err(PortError::unavailable("no database")));
    let users = Arc::new(users);

    // A mock without an expectation fails the test if it is called. So `rotate` is not called here.
    let (sessions, denylist) = (Arc::new(MockSessionStore::new()), Arc::new(MockDenylist::new()));
    let refresh = Refresh { users, sessions, denylist, legacy: None, issuer: mocks::issuer() };

    let refresh_token = Some(RefreshToken::first(mocks::user().id, &[7; 32]).into());
    let request_time = mocks::request_time(datetime!(2026-07-10 14:32 UTC));
    let refreshed = refresh
        .run(RefreshCommand { refresh_token, client: None, idempotency_key: None, request_time })
        .await;

    assert!(matches!(refreshed, Err(RefreshError::Port(_))));
}

#[test]
fn the_readme_contains_this_example() {
    let file = include_str!("swap_an_adapter.rs");
    let from = file.find("use std::sync::Arc;").unwrap();
    let to = file.find("\n#[test]\n").unwrap();
    assert!(include_str!("../README.md").contains(file[from..to].trim()));
}
