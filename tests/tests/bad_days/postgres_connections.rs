//! Connections to Postgres that died while no request used them.

use auth_e2e::{ALICE, Installation, Server, Stores};
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread")]
async fn terminated_connections_to_postgres_fail_no_request() {
    let installation = Installation::on(Stores::servers()).without_refresh_limits().with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let mut tokens = server.log_in(ALICE).await;
    for _ in 0..10 {
        let database = server.installation.servers();
        let ended = database.query(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        assert_ne!(ended.trim(), "0", "no connection was open");
        assert!(ended.trim().parse::<u32>().is_ok(), "{ended}");
        join_all((0..4).map(|_| server.log_in(ALICE))).await;
        tokens = server.refresh(&tokens.refresh).await.tokens();
    }
}
