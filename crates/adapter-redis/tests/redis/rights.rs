//! The rights of the user: those of the README suffice, and each one that is missing is named.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use auth_adapter_redis::{CachingDenylist, RecordFormat, RedisLegacyRefreshTokens};
use auth_domain::model::{
    ClearedLimit, EndReason, LegacyHolder, LegacyRefreshToken, LoginAttempt, MAX_LIVE_ACCESS_TOKENS,
    Reservation, Rotation, SessionId, SessionRef, Settlement, UserId,
};
use auth_domain::ports::{
    Denylist, LegacyRefreshTokens, LoginLimiter, PortError, PortErrorKind, SessionStore, Severity,
};
use auth_testkit::servers::{ExecutedCommand, RedisCluster, RedisServer, SentinelSet};
use auth_testkit::{START, a_session, a_user_id, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, REVOCATION, an_attempt, an_attempt_from_an_address, now_and};

/// Contains the privileges of the user.
const README: &str = include_str!("../../README.md");
const USER: &str = "hooksentry-auth";
/// The kinds of keys that a narrower pattern than `~auth:*` could forget.
const KEYS: [&str; 13] = [
    "auth:refresh:*",
    "auth:session:*",
    "auth:sessions:*",
    "auth:refreshes:*",
    "auth:jwt:revoked:*",
    "auth:login-failures:*",
    "auth:known:*",
    "auth:known-emails:*",
    "auth:login-daily:*",
    "auth:legacy-refused:*",
    "auth:legacy-successor:*",
    "auth:legacy-holder:*",
    "auth:readiness",
];
/// The commands that only the denylist cache sends.
const CACHE: [&str; 3] = ["ping", "scan", "client|tracking"];

/// The words of the `ACL SETUSER` command of the README.
fn rules() -> Vec<String> {
    let rules = README.split("ACL SETUSER hooksentry-auth ").nth(1).unwrap().split("```").next().unwrap();
    let rules = rules.replace("PASSWORD", "sesame").replace(['\'', '\\'], "");
    rules.split_whitespace().map(str::to_owned).collect()
}

fn set_user(server: &RedisServer, rules: &[impl AsRef<str>]) {
    let words: Vec<_> = ["ACL", "SETUSER", USER].into_iter().chain(rules.iter().map(AsRef::as_ref)).collect();
    assert_eq!(server.cli(&words), "OK");
}

/// The ports of a user with the rights of the README.
fn with_rights(server: &RedisServer) -> Ports {
    set_user(server, &rules());
    Ports::at(&server.url().replace("redis://", &format!("redis://{USER}:sesame@")))
}

/// The words of an `ACL SETUSER` command for other servers than one Redis.
fn more_rules(before: &str, after: &str) -> Vec<String> {
    let rules = README.split(before).nth(1).unwrap().split(after).next().unwrap();
    let rules = rules.replace("PASSWORD", "sesame").replace(['\'', '\\', '`'], "");
    rules.split_whitespace().map(str::to_owned).collect()
}

// S-87
#[tokio::test(flavor = "multi_thread")]
async fn rights_of_the_readme_suffice_on_a_cluster() {
    let cluster = RedisCluster::shared();
    let rules = [rules(), more_rules("A cluster also needs ", ". ")].concat();
    for node in cluster.nodes() {
        set_user(node, &rules);
    }
    let ports = Ports::at(&cluster.url().replace("://", &format!("://{USER}:sesame@")));
    use_login_limit(&ports).await.unwrap();
    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
    ports.log_out(&session, None).await.unwrap();
    let token = an_access_token(START);
    let slot = cluster.slot_of(&format!("auth:jwt:revoked:{}", token.id));
    let target = cluster.begin_move(slot);
    ports.denylist.add(token, request_time_at(START)).await.unwrap();
    assert!(ports.is_revoked(token).await);
    cluster.finish_move(slot, target);
    assert_eq!(warned_right(&ports, "failed nodes of the cluster cannot be found").await, "+cluster|nodes");
}

// S-87
#[tokio::test(flavor = "multi_thread")]
async fn rights_of_the_readme_suffice_on_sentinels() {
    let set = SentinelSet::shared();
    let rules = more_rules("-p 26379 ACL SETUSER hooksentry-auth ", "```");
    for sentinel in set.sentinels() {
        set_user(sentinel, &rules);
    }
    let ports = Ports::at(&format!("{}&sentinel_user={USER}&sentinel_password=sesame", set.url()));
    ports.opened().await;
    assert_eq!(warned_right(&ports, "cannot be asked for its quorum").await, "+sentinel|ckquorum");
}

/// Returns the right that a warning of diagnostics asks to grant.
async fn warned_right(ports: &Ports, problem: &str) -> String {
    let checks = ports.store.diagnose(now_and(0)).await.unwrap();
    let warning = checks.iter().find(|check| check.text.contains(problem));
    let warning = warning.unwrap_or_else(|| panic!("no warning: {checks:?}"));
    assert_eq!(warning.severity, Severity::Warning);
    warning.text.split("; grant ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

/// Makes calls that use every command of the login limit.
async fn use_login_limit(ports: &Ports) -> Result<(), PortError> {
    let (attempt, now) = (an_attempt_from_an_address(), || request_time_at(START));
    for outcome in [Settlement::Succeeded, Settlement::Failed, Settlement::Succeeded, Settlement::Abandoned]
        .into_iter()
        .chain([Settlement::Failed; 10])
    {
        let attempt = LoginAttempt { ticket: an_attempt().ticket, ..attempt };
        let reserved = ports.limiter.reserve(&attempt, now()).await?;
        let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
        ports.limiter.settle(&ticket, outcome, now()).await?;
    }
    let (email, address) = (attempt.email, attempt.address().unwrap());
    assert!(ports.limiter.status(email, now()).await?.daily.is_some());
    ports.limiter.forget_addresses(email, now()).await?;
    ports.limiter.clear(ClearedLimit::Email(email), now()).await?;
    ports.limiter.clear(ClearedLimit::Address { address, network: None }, now()).await
}

/// Makes calls that use every command on sessions, and on the denylist.
async fn use_sessions(ports: &Ports) -> Result<(), PortError> {
    let (user, now) = (a_user_id(), || request_time_at(START));
    let session = a_session(user, START);
    ports.sessions.open(&session.opening, now()).await?;
    let rotation = session.rotation(&session.token, START);
    assert_eq!(ports.sessions.rotate(&rotation.rotate, now()).await?, Rotation::Rotated);
    let mut surplus = a_session(user, START);
    surplus.opening.max_sessions = 1;
    ports.sessions.open(&surplus.opening, now()).await?;
    ports.sessions.list(user, now()).await?;
    let revoked = an_access_token(START);
    ports.log_out(&surplus, Some(revoked)).await?;
    ports.denylist.contains(revoked.id, now()).await?;
    ports.sessions.end_all(user, EndReason::Revoked, now()).await.map(drop)
}

/// Makes calls that use every command on refresh tokens of the legacy service.
async fn use_legacy_tokens(server: &RedisServer, ports: &Ports) -> Result<(), PortError> {
    let now = || request_time_at(START);
    let legacy = RedisLegacyRefreshTokens::new(&ports.store, REVOCATION);
    let token = LegacyRefreshToken::parse(&"A".repeat(LegacyRefreshToken::LENGTH)).unwrap();
    let user: UserId = a_user_id();
    let key = format!("auth:refresh:{}", "A".repeat(LegacyRefreshToken::LENGTH));
    let tenant = "0d5c1b1e-0ccd-4a9f-b1a0-6d3a1c1f2b3c";
    assert_eq!(server.cli(&["SET", &key, &format!("{user}|{tenant}")]), "OK");
    let Some(holder) = legacy.find(&token, now()).await? else { panic!("no holder") };
    let session = SessionRef { user_id: holder.user_id, session_id: SessionId::from_uuid(uuid::Uuid::max()) };
    legacy.claim(&token, session, Duration::from_secs(5), now()).await?;
    legacy.release(&token, session, now()).await?;
    assert!(legacy.consume(&token, LegacyHolder { ..holder }, now()).await?);
    legacy.successor(&token, now()).await.map(drop)
}

/// Makes calls that use every command.
async fn use_everything(server: &RedisServer, ports: Ports) -> Result<Ports, PortError> {
    use_login_limit(&ports).await?;
    use_legacy_tokens(server, &ports).await?;
    use_sessions(&ports).await?;
    let ports = ports.with_format(RecordFormat::Packed);
    use_sessions(&ports).await?;
    Ok(ports.with_format(RecordFormat::Hash))
}

// S-87
#[tokio::test(flavor = "multi_thread")]
async fn privileges_of_the_readme_are_sufficient() {
    let server = RedisServer::start();
    let ports = with_rights(&server);
    let ports = use_everything(&server, ports).await.unwrap();
    ports.store.ping(now_and(0)).await.unwrap();
    assert!(
        ports.store.diagnose(now_and(0)).await.unwrap().iter().all(|found| found.severity != Severity::Error)
    );

    assert_eq!(CachingDenylist::diagnose(&ports.store).await.severity, Severity::Ok);
    let cached = CachingDenylist::start(&ports.store, REVOCATION);
    let is_trusted = || async { cached.state().is_trusted };
    assert!(
        holds_within(Duration::from_secs(4), is_trusted).await,
        "the user lacks a privilege of the cache"
    );

    set_user(&server, &["-client|tracking"]);
    let found = CachingDenylist::diagnose(&ports.store).await;
    assert!(found.severity == Severity::Warning && found.text.contains("client|tracking"), "{found:?}");

    let denied = server.client().args(["--user", USER, "--pass", "sesame", "KEYS", "*"]).output().unwrap();
    assert!(String::from_utf8_lossy(&denied.stdout).contains("NOPERM"), "{denied:?}");
}

/// Rotates and ends sessions without each right in turn. A call that fails for it has consumed no refresh token.
async fn each_right_missing(format: RecordFormat, converts: bool) {
    let server = RedisServer::start();
    let mut ports = with_rights(&server);
    let commands =
        ["set", "hset", "hdel", "pexpire", "pttl", "del", "get", "hgetall", "zrem", "time", "evalsha"];
    for command in commands {
        let other = if format == RecordFormat::Hash { RecordFormat::Packed } else { RecordFormat::Hash };
        ports = ports.with_format(if converts { other } else { format });
        let session = ports.opened().await;
        let mut token = ports.rotated(&session, &session.token).await;
        ports = ports.with_format(format);
        for round in 1..=MAX_LIVE_ACCESS_TOKENS {
            let mut next = session.rotation(&token, START);
            next.rotate.releases_oldest = true;
            // In the last round the session is full, and its oldest access token is revoked.
            if round == 1 || round == MAX_LIVE_ACCESS_TOKENS {
                set_user(&server, &[format!("-{command}")]);
            }
            let mut rotated = ports.sessions.rotate(&next.rotate, request_time_at(START)).await;
            if rotated.is_err() {
                set_user(&server, &[format!("+{command}")]);
                rotated = ports.sessions.rotate(&next.rotate, request_time_at(START)).await;
            }
            assert_eq!(rotated.unwrap(), Rotation::Rotated, "{command}");
            token = next.successor;
        }

        set_user(&server, &[format!("-{command}")]);
        let ended = ports.log_out(&session, None).await;
        set_user(&server, &[format!("+{command}")]);
        if ended.is_err() {
            let mut next = session.rotation(&token, START);
            next.rotate.releases_oldest = true;
            let rotated = ports.sessions.rotate(&next.rotate, request_time_at(START)).await.unwrap();
            assert_eq!(rotated, Rotation::Rotated, "{command}");
            token = next.successor;
            ports.log_out(&session, None).await.unwrap();
        }
        let (presented, _) = ports.present(&session, &token, request_time_at(START)).await.unwrap();
        assert!(matches!(presented, Rotation::Ended(EndReason::LoggedOut)), "{command}: {presented:?}");
    }
}

/// Returns the errors of the checks as one text; empty if there is none.
async fn errors(ports: &Ports) -> String {
    match ports.store.diagnose(now_and(0)).await {
        Ok(checks) => checks
            .into_iter()
            .filter(|check| check.severity == Severity::Error)
            .map(|check| check.text)
            .collect(),
        Err(error) => text(&error),
    }
}

fn text(error: &PortError) -> String {
    error.source().unwrap().to_string()
}

/// Without a right, readiness and the checks fail and name it, or every call succeeds.
// S-94
#[tokio::test(flavor = "multi_thread")]
async fn each_missing_command_is_named_or_not_needed() {
    let server = RedisServer::start();
    let mut ports = with_rights(&server);
    let commands: Vec<_> =
        rules().into_iter().filter_map(|rule| rule.strip_prefix('+').map(str::to_owned)).collect();
    assert!(commands.len() >= 25, "{commands:?}");
    for command in &commands {
        set_user(&server, &[format!("-{command}")]);
        let (readiness, errors) = (ports.store.ping(now_and(0)).await, errors(&ports).await);
        if let Err(error) = readiness {
            assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{command}: {error:?}");
            assert!(text(&error).contains(&**command), "{command}: {error:?}");
            assert!(errors.contains(&**command), "{command}: {errors}");
        } else {
            assert!(CACHE.contains(&&**command) || command == "info", "{command} is not checked");
            assert!(errors.is_empty() || errors.contains(&**command), "{command}: {errors}");
            ports = use_everything(&server, ports).await.unwrap();
        }
        set_user(&server, &[format!("+{command}")]);
        ports.store.ping(now_and(0)).await.unwrap();
    }
    use_everything(&server, ports).await.unwrap();
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_lacks_a_right_has_consumed_no_token() {
    for format in [RecordFormat::Hash, RecordFormat::Packed] {
        each_right_missing(format, false).await;
        each_right_missing(format, true).await;
    }
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn the_check_leaves_no_key_if_nothing_may_be_removed() {
    let server = RedisServer::start();
    let ports = with_rights(&server);
    set_user(&server, &["-hdel", "-del", "-pexpire"]);
    // `SET` on the readiness key only: with it, the check could replace a hash.
    set_user(&server, &["-set", "(+set ~auth:readiness)"]);
    let error = ports.store.ping(now_and(0)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{error:?}");
    for missing in ["del", "hdel", "pexpire"] {
        assert!(text(&error).contains(missing), "{error:?}");
    }
    assert_eq!(server.cli(&["KEYS", "auth:session:*"]), "");
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn each_missing_key_pattern_is_named() {
    let server = RedisServer::start();
    let ports = with_rights(&server);
    for missing in KEYS {
        let others =
            KEYS.into_iter().filter(|pattern| *pattern != missing).map(|pattern| format!("~{pattern}"));
        set_user(&server, &["resetkeys".to_owned()].into_iter().chain(others).collect::<Vec<_>>());
        let error = ports.store.ping(now_and(0)).await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{missing}: {error:?}");
        assert!(missing == "auth:readiness" || text(&error).contains(missing), "{missing}: {error:?}");
        assert!(!errors(&ports).await.is_empty(), "{missing}");
    }
    set_user(&server, &KEYS.map(|pattern| format!("~{pattern}")));
    ports.store.ping(now_and(0)).await.unwrap();
    assert_eq!(errors(&ports).await, "");
    use_everything(&server, ports).await.unwrap();
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn renamed_command_is_named() {
    for (command, kind) in [("ZCARD", "zcard"), ("ROLE", "ROLE"), ("EVALSHA", "EVALSHA")] {
        let server = RedisServer::start_with(&["--rename-command", command, ""]);
        let ports = Ports::on(&server);
        let error = ports.store.ping(now_and(0)).await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{error:?}");
        assert!(text(&error).contains(kind), "{error:?}");
        assert!(errors(&ports).await.contains(kind));
    }
}

/// Returns a command and the kind of its key, without ids, digests and tokens.
fn use_of(executed: &ExecutedCommand) -> (String, String) {
    let key = executed.words.get(1).map(|key| String::from_utf8_lossy(key).into_owned()).unwrap_or_default();
    let is_id = |part: &str| part.trim_matches(['{', '}']).len() >= 32;
    let kind = key.trim_end_matches(':').split(':').map(|part| if is_id(part) { "*" } else { part });
    (executed.name(), kind.collect::<Vec<_>>().join(":"))
}

fn uses(seen: &[ExecutedCommand]) -> BTreeSet<(String, String)> {
    seen.iter().map(use_of).filter(|(_, key)| key.starts_with("auth:")).collect()
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn readiness_performs_each_command_on_each_kind_of_key() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let mut monitor = server.monitor();
    let ports = use_everything(&server, ports).await.unwrap();
    let set_up = ("SET".to_owned(), "auth:refresh:*".to_owned());
    let used = uses(&monitor.executed());
    ports.store.ping(now_and(0)).await.unwrap();
    let checked = uses(&monitor.executed());
    let unchecked: Vec<_> = used.difference(&checked).filter(|used| **used != set_up).collect();
    assert!(used.len() > 50 && unchecked.is_empty(), "{unchecked:?}");
    assert_eq!(server.cli(&["KEYS", "auth:*00000000-0000-0000-0000-000000000000*"]), "");
}
