//! A session on Redis behind Sentinel, and on a Redis Cluster: two instances, as in an installation without downtime.
//!
//! `just e2e-redis-forms` runs all black-box tests on both.

use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores, WRONG_PASSWORD};
use auth_testkit::servers::{RedisCluster, SentinelSet};
use reqwest::Method;

/// Two instances without a grace period, and with a user.
async fn instances(stores: Stores) -> (Server, Server) {
    let installation = Installation::on(stores).set("TOKENS__REUSE_LEEWAY", "0s").with_user(ALICE).await;
    let other = installation.another_instance();
    (Server::start_on(installation).await, Server::start_on(other).await)
}

async fn works(stores: Stores) {
    let (one, other) = instances(stores).await;
    for server in [&one, &other] {
        let ready = server.call(Method::GET, "/health/ready").await;
        assert_eq!(ready.status, 200, "{ready:?}");
        let redis = ready.json().pointer("/dependencies/redis").cloned();
        assert_eq!(redis, Some("up".into()), "{ready:?}");
    }
    one.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");

    // A retry, on the other instance.
    let first = one.login(ALICE, PASSWORD).await.tokens();
    let second = other.refresh_with_key(&first.refresh, "one-call").await.tokens();
    let repeated = one.refresh_with_key(&first.refresh, "one-call").await.tokens();
    assert_eq!(repeated.refresh, second.refresh);
    let third = other.refresh(&second.refresh).await.tokens();

    // Reuse ends the session with all its access tokens, and no other session.
    let unharmed = one.log_in(ALICE).await;
    assert_eq!(one.expect_dead(&first.refresh).await.as_deref(), Some("reuse_detected"));
    for (index, token) in [&first.access, &second.access, &repeated.access, &third.access].iter().enumerate()
    {
        assert!(!other.access_token_is_alive(token).await, "access token {index} is alive");
    }
    other.refresh(&third.refresh).await.expect_error(401, "invalid_refresh_token");

    assert!(other.access_token_is_alive(&unharmed.access).await);
    assert_eq!(other.logout(&unharmed.access, &unharmed.refresh).await.status, 204);
    assert!(!one.access_token_is_alive(&unharmed.access).await);
    one.refresh(&unharmed.refresh).await.expect_error(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_session_behind_sentinel_works_on_two_instances() {
    works(Stores::on_sentinel(SentinelSet::shared())).await;
}

#[tokio::test]
async fn a_session_in_a_cluster_works_on_two_instances() {
    works(Stores::on_cluster(RedisCluster::shared())).await;
}
