//! A Redis user that lacks a right, and a Redis that lacks a command.

use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};
use auth_testkit::servers::RedisServer;

use crate::readiness::has_readiness;

/// Contains the rights of the user.
const README: &str = include_str!("../../../crates/adapter-redis/README.md");
const USER: &str = "hooksentry-auth";
/// The time within which a missing right is noticed.
const NOTICED: Duration = Duration::from_secs(10);

fn set_user(redis: &RedisServer, rules: &[&str]) {
    let words = ["ACL", "SETUSER", USER].into_iter().chain(rules.iter().copied());
    assert_eq!(redis.cli(&words.collect::<Vec<_>>()), "OK");
}

/// Returns an installation whose Redis user has the rights of the README, changed by `rules`.
async fn with_rights(redis: &RedisServer, rules: &[&str]) -> Installation {
    let readme = README.split("ACL SETUSER hooksentry-auth ").nth(1).unwrap().split("```").next().unwrap();
    let readme = readme.replace("PASSWORD", "sesame").replace(['\'', '\\'], "");
    set_user(redis, &readme.split_whitespace().collect::<Vec<_>>());
    let url = redis.url().replace("redis://", &format!("redis://{USER}:sesame@"));
    let installation = Installation::on(Stores::servers()).set("REDIS__URL", &url).with_user(ALICE).await;
    set_user(redis, rules);
    installation
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_stops_the_start_and_is_named() {
    let redis = RedisServer::start();
    for (rules, named) in [
        (&["-role"][..], "'role'"),
        (&["-evalsha"], "'evalsha'"),
        (&["-getdel"], "this user may not run getdel"),
        (&["-hset", "-zcard"], "this user may not run hset, zcard"),
        (&["resetkeys", "~auth:s*", "~auth:r*", "~auth:l*", "~auth:k*"], "the keys auth:jwt:revoked:*"),
    ] {
        let installation = with_rights(&redis, rules).await;
        let report = installation.cli(&["doctor"], "").await;
        assert!(report.stdout.contains(named), "{named}: {}", report.stdout);
        assert!(!report.stdout.contains("sesame"), "{}", report.stdout);
        report.expect_failure();
        let message = installation.rejects_to_serve().await;
        assert!(message.contains(named), "{named}: {message}");
    }
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_command_stops_the_start_and_is_named() {
    for (command, named) in [
        ("GETDEL", "does not know, perhaps because of rename-command, getdel"),
        ("ROLE", "unknown command 'ROLE'"),
    ] {
        let redis = RedisServer::start_with(&["--rename-command", command, ""]);
        let installation = Installation::on(Stores::servers()).set("REDIS__URL", &redis.url());
        let message = installation.rejects_to_serve().await;
        assert!(message.contains(named), "{message}");
    }
}

/// Each of these rights belongs to another part of a login or verification. Without it, nothing counts as a failed login.
// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_removed_is_503_until_it_is_back() {
    let redis = RedisServer::start();
    let server = Server::start_on(with_rights(&redis, &[]).await).await;
    let tokens = server.log_in(ALICE).await;
    for (right, reason) in [
        ("role", "'role'"),
        ("evalsha", "'evalsha'"),
        ("zadd", "The user executing the script can't run this command"),
        ("pexpire", "The user executing the script can't run this command"),
    ] {
        set_user(&redis, &[&format!("-{right}")]);
        if right == "role" {
            server.me(&tokens.access).await.expect_error(503, "service_unavailable");
        } else {
            // More than the limit of failed logins.
            for _ in 0..12 {
                server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
            }
        }
        let event = [r#""level":"ERROR""#, r#""event":"defect""#, reason];
        assert!(server.process.logs(&event).await, "no error with {reason}");
        assert!(has_readiness(&server, 503, NOTICED).await, "ready without {right}");
        if right == "zadd" {
            // Redis 7.0 does not name a command that it rejects within a script.
            let down = [r#""event":"dependency_down""#, "this user may not run zadd"];
            assert!(server.process.logs(&down).await, "the missing right is not named");
        }
        set_user(&redis, &[&format!("+{right}")]);
        assert!(has_readiness(&server, 200, NOTICED).await, "not ready with {right}");
        server.log_in(ALICE).await;
        assert_eq!(server.me(&tokens.access).await.status, 200);
    }
}
