//! Postgres accepts fewer connections than the service opens.

use auth_e2e::{ALICE, BOB, Installation, Server, Stores};
use futures_util::future::join_all;
use reqwest::Method;
use tokio::sync::Semaphore;

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_to_postgres_are_enough_to_work() {
    let owner = Installation::on(Stores::own_servers()).with_user(ALICE).await.with_user(BOB).await;
    let servers = owner.servers();
    servers.query(
        "CREATE ROLE two LOGIN CONNECTION LIMIT 2; GRANT SELECT, UPDATE ON users TO two;
         GRANT SELECT ON tenants TO two",
    );
    let url = servers.postgres_url().replace("hooksentry@", "two@");
    let limited = owner.another_instance().without_refresh_limits().set("POSTGRES__URL", &url);
    let server = Server::start_on(limited).await;
    // A busy machine does not begin more hashes before the deadlines of their logins.
    let logins = Semaphore::new(2);
    // New connections from the client, so that every worker has requests.
    let rounds = (0..8).map(|number| {
        let (server, logins) = (&server, &logins);
        async move {
            for _ in 0..2 {
                let turn = logins.acquire().await;
                let mut tokens = server.log_in(if number % 2 == 0 { ALICE } else { BOB }).await;
                drop(turn);
                for _ in 0..4 {
                    tokens = server.refresh(&tokens.refresh).await.tokens();
                }
                assert_eq!(server.call(Method::GET, "/health/ready").await.status, 200);
                assert_eq!(server.logout(&tokens.access, &tokens.refresh).await.status, 204);
            }
        }
    });
    join_all(rounds).await;
    let (_, finished) = server.stop().await;
    assert!(finished.stderr.contains("connections to Postgres"), "{}", finished.stderr);
    assert!(finished.stderr.contains("but the server accepts 2"), "{}", finished.stderr);
}
