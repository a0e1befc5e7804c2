//! `docs/observability.md` lists exactly the metrics of the program. Documents, rules and board name no others.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod names;
mod reasons;
mod round_trips;
mod series;
mod table;

use auth_e2e::{ALICE, Installation, Server, Stores};
use reqwest::Method;

/// Returns the metrics of a process that has served each operation.
async fn metrics() -> String {
    let installation = Installation::on(Stores::servers()).with_admin().set("TOKENS__VERIFICATION", "cached");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let tokens = server.log_in(ALICE).await;
    server.refresh(&tokens.refresh).await.tokens();
    scrape(&server).await
}

async fn scrape(server: &Server) -> String {
    let reply = server.admin().call(Method::GET, "/metrics").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    String::from_utf8(reply.body).expect("a text")
}
