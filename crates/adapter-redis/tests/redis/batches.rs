//! Batches of denylist checks: what is sent, and what their members get when a connection or the server fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use auth_adapter_redis::{RedisConfig, RedisDenylist, RedisStore};
use auth_domain::model::{LiveAccessToken, TokenId};
use auth_domain::ports::{Denylist, PortError, PortErrorKind};
use auth_testkit::servers::{ExecutedCommand, RedisServer};
use auth_testkit::{START, TestClock, an_access_token, holds_within, request_time_at};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::support::{Ports, REVOCATION, real_instant};

/// How long a check takes at most if the server does not answer: a command, a connection, and the command of the batch before.
const LONGEST: Duration = Duration::from_millis(2_300);

fn names(seen: &[ExecutedCommand]) -> Vec<String> {
    seen.iter().map(ExecutedCommand::name).collect()
}

fn key(id: TokenId) -> String {
    format!("auth:jwt:revoked:{id}")
}

fn asking(ports: &Ports, token: LiveAccessToken) -> JoinHandle<Result<bool, PortError>> {
    asking_on(&ports.denylist, token)
}

fn asking_on(denylist: &RedisDenylist, token: LiveAccessToken) -> JoinHandle<Result<bool, PortError>> {
    let denylist = denylist.clone();
    tokio::spawn(async move { denylist.contains(token.id, request_time_at(START)).await })
}

async fn check_all(denylist: &RedisDenylist, tokens: &[LiveAccessToken]) -> Vec<bool> {
    let checks = tokens.iter().map(|token| denylist.contains(token.id, request_time_at(START)));
    join_all(checks).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn batch_of_checks_is_one_role_and_one_exists() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let mut tokens: Vec<_> = (0..64).map(|_| an_access_token(START)).collect();

    let mut monitor = server.monitor();
    assert_eq!(check_all(&ports.denylist, &tokens).await, [false; 64]);
    assert_eq!(names(&monitor.executed()), ["ROLE", "EXISTS"]);

    for token in &mut tokens[..2] {
        ports.denylist.add(*token, request_time_at(START)).await.unwrap();
    }
    monitor.executed();
    assert_eq!(check_all(&ports.denylist, &tokens[..2]).await, [true; 2]);
    assert_eq!(names(&monitor.executed()), ["ROLE", "EXISTS"]);

    assert_eq!(check_all(&ports.denylist, &tokens[1..4]).await, [true, false, false]);
    let which = ["ROLE", "EXISTS", "ROLE", "EXISTS", "EXISTS", "EXISTS"];
    assert_eq!(names(&monitor.executed()), which);
}

/// The HookSentry platform writes `1`. A key of another type must not read as "not revoked".
#[tokio::test]
async fn entry_of_any_type_revokes_its_token_and_no_other() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let tokens: Vec<_> = (0..12).map(|_| an_access_token(START)).collect();
    let keys: Vec<_> = tokens.iter().map(|token| key(token.id)).collect();
    for write in [
        &["SET", &keys[0], "1"][..],
        &["SET", &keys[2], "0"],
        &["SET", &keys[4], ""],
        &["RPUSH", &keys[6], "1"],
        &["HSET", &keys[8], "a", "1"],
        &["SADD", &keys[10], "1"],
    ] {
        assert!(!server.cli(write).contains("ERR"));
    }
    let revoked: Vec<_> = (0..12_u8).map(|number| number.is_multiple_of(2)).collect();
    assert_eq!(check_all(&ports.denylist, &tokens).await, revoked);
    for (token, is_revoked) in tokens.into_iter().zip(revoked) {
        assert_eq!(ports.is_revoked(token).await, is_revoked);
    }
}

/// A check sees every entry that was acknowledged before it began, also if a batch is in flight.
#[tokio::test(flavor = "multi_thread")]
async fn check_after_an_acknowledged_entry_is_always_true() {
    let server = RedisServer::start();
    let ports = Arc::new(Ports::on(&server).connected().await);
    let callers = (0..64).map(|_| {
        let ports = Arc::clone(&ports);
        tokio::spawn(async move {
            for _ in 0..50 {
                let token = an_access_token(START);
                assert!(!ports.is_revoked(token).await);
                ports.denylist.add(token, request_time_at(START)).await.unwrap();
                assert!(ports.is_revoked(token).await);
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_at_random_cause_no_wrong_answer() {
    const TOKENS: usize = 10_000;
    const CALLERS: usize = 64;
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let tokens: Arc<Vec<_>> = Arc::new((0..TOKENS).map(|_| an_access_token(START)).collect());
    for token in tokens.iter().step_by(100) {
        ports.denylist.add(*token, request_time_at(START)).await.unwrap();
    }

    let (answers, errors) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (cut, cuts) = mpsc::channel();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (denylist, tokens, cut) = (ports.denylist.clone(), Arc::clone(&tokens), cut.clone());
            let (answers, errors) = (Arc::clone(&answers), Arc::clone(&errors));
            tokio::spawn(async move {
                // Every token several times, each caller in another order.
                for step in 0..TOKENS / 16 {
                    let place = (caller * 157 + step * 7_919) % TOKENS;
                    match denylist.contains(tokens[place].id, request_time_at(START)).await {
                        Ok(is_revoked) => {
                            assert_eq!(is_revoked, place.is_multiple_of(100), "token {place}");
                            if answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(1_000) {
                                let _ = cut.send(());
                            }
                        }
                        Err(error) => {
                            assert_eq!(error.kind(), PortErrorKind::Unavailable);
                            errors.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            })
        })
        .collect();
    drop(cut);
    let killed: usize = tokio::task::block_in_place(|| {
        let cut_all = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
        cuts.iter().map(|()| server.cli(&cut_all).parse::<usize>().unwrap()).sum()
    });
    for caller in callers {
        caller.await.unwrap();
    }
    let (answers, errors) = (answers.load(Ordering::Relaxed), errors.load(Ordering::Relaxed));
    assert!(killed > 10, "{killed} connections were cut");
    assert!(answers > 9 * errors, "{answers} answers, {errors} errors, {killed} cuts");
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn only_the_batch_in_flight_fails_if_the_server_freezes_for_a_moment() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let (revoked, other) = (an_access_token(START), an_access_token(START));
    ports.denylist.add(revoked, request_time_at(START)).await.unwrap();
    for _ in 0..3 {
        server.freeze();
        let in_flight = asking(&ports, revoked);
        // The batch is sent within a turn of the runtime, and fails after half a second.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let behind: Vec<_> = (0..32).map(|_| (asking(&ports, revoked), asking(&ports, other))).collect();
        assert_eq!(in_flight.await.unwrap().unwrap_err().kind(), PortErrorKind::Unavailable);
        server.thaw();
        for (revoked, other) in behind {
            assert!(revoked.await.unwrap().unwrap());
            assert!(!other.await.unwrap().unwrap());
        }
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn members_of_every_batch_fail_in_time_while_the_server_is_frozen() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let token = an_access_token(START);
    server.freeze();
    let begun = real_instant();
    let mut asked = Vec::new();
    for _ in 0..6 {
        asked.extend((0..16).map(|_| asking(&ports, token)));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap_err().kind(), PortErrorKind::Unavailable);
    }
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    server.thaw();
    let answers = || async { ports.denylist.contains(token.id, request_time_at(START)).await.is_ok() };
    assert!(holds_within(Duration::from_secs(2), answers).await);
}

/// The first batch waits for its reply, and all others for one attempt to connect.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn many_batches_of_a_worker_wait_for_one_connection_together() {
    let server = RedisServer::start();
    let config = RedisConfig::new(server.url());
    let store = RedisStore::with_workers(&config, TestClock::of_this_machine(), 1).unwrap();
    let denylist = RedisDenylist::new(&store.for_worker(0), REVOCATION);
    let token = an_access_token(START);
    assert!(!denylist.contains(token.id, request_time_at(START)).await.unwrap());
    server.freeze();
    let begun = real_instant();
    let asked: Vec<_> = (0..2_500).map(|_| asking_on(&denylist, token)).collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap_err().kind(), PortErrorKind::Unavailable);
    }
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    server.thaw();
    let answers = || async { denylist.contains(token.id, request_time_at(START)).await.is_ok() };
    assert!(holds_within(Duration::from_secs(2), answers).await);
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn killed_server_fails_the_batch_in_flight_and_those_behind_it() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let token = an_access_token(START);
    server.freeze();
    let mut asked: Vec<_> = (0..16).map(|_| asking(&ports, token)).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    asked.extend((0..16).map(|_| asking(&ports, token)));
    server.kill();
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap_err().kind(), PortErrorKind::Unavailable);
    }
    server.start_again();
    assert!(!ports.is_revoked(token).await);
}
