//! The clocks of the server and of this service.

use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::PortErrorKind;
use auth_testkit::request_time_past_its_deadline;
use auth_testkit::servers::PostgresServer;

use crate::support::{Store, assert_kind, now, time_of_day};

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_is_more_than_two_seconds_away_is_not_ready() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    for (offset, is_ready) in [(-3, false), (-1, true), (0, true), (1, true), (3, false)] {
        let own = time_of_day() + time::Duration::seconds(offset);
        let outcome = store.database.ping(RequestTime::new(own, now(), Duration::from_secs(2))).await;
        if is_ready {
            outcome.unwrap();
        } else {
            let text = assert_kind(outcome, PortErrorKind::Misconfigured);
            assert!(text.contains("s apart; synchronise both with NTP"), "{text}");
        }
    }
    let late = store.database.ping(request_time_past_its_deadline(time_of_day())).await;
    assert_kind(late, PortErrorKind::Unavailable);
}

// S-81
#[tokio::test]
async fn an_unreachable_server_is_unavailable_a_rejection_misconfigured() {
    let database = PostgresServer::shared().database();
    let port = auth_testkit::servers::Port::take();
    let unreachable = Store::at(&format!("postgres://auth:s3cret@127.0.0.1:{}/auth", port.number));
    let request_time = || RequestTime::new(time_of_day(), now(), Duration::from_secs(2));
    let text = assert_kind(unreachable.database.ping(request_time()).await, PortErrorKind::Unavailable);
    assert!(text.contains("refused") && !text.contains("s3cret"), "{text}");

    let name = database.name().to_owned();
    for url in [database.url().replace(&name, "no_such_database"), database.url_of("no_such_role")] {
        let rejected = Store::at(&url);
        for outcome in
            [rejected.database.ping(request_time()).await, rejected.users_listed(request_time()).await]
        {
            let text = assert_kind(outcome, PortErrorKind::Misconfigured);
            assert!(text.contains("does not exist"), "{text}");
        }
    }
}
