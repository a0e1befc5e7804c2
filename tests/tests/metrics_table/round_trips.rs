//! The round trips to real stores.

use auth_e2e::{ALICE, Installation, Server, Stores};

use crate::scrape;
use crate::series::Series;

const TIMES: &str = "hooksentry_auth_store_round_trip_duration_seconds_count";
const BATCHES: &str = "hooksentry_auth_store_batch_size_count";
const CALLS: &str = "hooksentry_auth_store_batch_size_sum";

/// Returns the sum of the series with this name and these labels.
fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let series = Series::read_all(text).into_iter().filter(|series| series.name == name);
    let chosen = series.filter(|it| labels.iter().all(|(label, value)| it.label(label) == Some(*value)));
    chosen.map(|series| series.value).sum()
}

fn answered(text: &str, store: &str, operation: &str) -> f64 {
    sum(text, TIMES, &[("store", store), ("operation", operation), ("outcome", "ok")])
}

/// Logs in, refreshes, verifies and logs out once, and returns the metrics.
async fn use_each(server: &Server) -> String {
    let tokens = server.log_in(ALICE).await;
    let tokens = server.refresh(&tokens.refresh).await.tokens();
    server.me(&tokens.access).await;
    server.logout(&tokens.access, &tokens.refresh).await;
    scrape(server).await
}

// S-81
#[tokio::test]
async fn round_trips_to_servers_are_counted_by_operation() {
    let installation = Installation::on(Stores::servers()).with_admin();
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let text = use_each(&server).await;
    for (operation, at_least) in
        [("reserve", 1.0), ("settle", 1.0), ("open", 1.0), ("rotate", 1.0), ("contains", 2.0), ("end", 1.0)]
    {
        assert!(answered(&text, "redis", operation) >= at_least, "{operation}\n{text}");
    }
    for operation in ["find_by_email", "find_by_id", "connect", "check"] {
        assert!(answered(&text, "postgres", operation) >= 1.0, "{operation}\n{text}");
    }
    for (store, operation) in [("redis", "contains"), ("postgres", "find_by_id")] {
        let labels = [("store", store), ("operation", operation)];
        let (batches, calls) = (sum(&text, BATCHES, &labels), sum(&text, CALLS, &labels));
        assert!(
            batches >= 1.0 && calls >= batches,
            "{store} {operation}: {calls} calls in {batches} batches"
        );
    }
    for store in ["redis", "postgres"] {
        assert!(failed(&text, store).abs() < 0.5, "{store}\n{text}");
    }
}

// S-81
#[tokio::test]
async fn commits_of_the_embedded_store_are_counted_with_their_calls() {
    let server = Server::start_on(Installation::embedded().with_admin().with_user(ALICE).await).await;
    let text = use_each(&server).await;
    for operation in
        ["find_by_email", "find_by_id", "reserve", "settle", "open", "rotate", "end", "contains", "commit"]
    {
        assert!(answered(&text, "embedded", operation) >= 1.0, "{operation}\n{text}");
    }
    let commits = [("store", "embedded"), ("operation", "commit")];
    assert!((sum(&text, BATCHES, &commits) - answered(&text, "embedded", "commit")).abs() < 0.5, "{text}");
    assert!(sum(&text, CALLS, &commits) >= sum(&text, BATCHES, &commits));
}

// S-81
#[tokio::test]
async fn round_trips_to_a_frozen_server_are_no_successes() {
    let installation = Installation::on(Stores::own_servers()).with_admin();
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let tokens = server.log_in(ALICE).await;
    let before = failed(&scrape(&server).await, "redis");
    server.installation.servers().redis.freeze();
    server.me(&tokens.access).await.expect_error(503, "service_unavailable");
    let text = scrape(&server).await;
    server.installation.servers().redis.thaw();
    // The check itself, or the one whether an idle connection is alive, and the attempt to open another one.
    assert!(before.abs() < 0.5 && failed(&text, "redis") >= 1.0, "{text}");
    assert!(failed(&text, "postgres").abs() < 0.5, "{text}");
}

/// Returns the number of round trips to a store that did not succeed.
fn failed(text: &str, store: &str) -> f64 {
    sum(text, TIMES, &[("store", store)]) - sum(text, TIMES, &[("store", store), ("outcome", "ok")])
}
