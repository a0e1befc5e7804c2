//! The embedded store is killed in the middle of writes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::randomness::Randomness;
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{ALICE, Api, Installation, PASSWORD, Server, Tokens, rounds};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

/// Clients that log out at the moment of a kill, and as many that refresh.
const CLIENTS: usize = 3;
const OPENS_WITHIN: Duration = Duration::from_secs(10);
/// The `Idempotency-Key` of a refresh and its repeat.
const KEY: &str = "key";
/// The formats of <https://www.sqlite.org/fileformat2.html#walformat>.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Logs out; a broken connection does not count as acknowledged.
async fn is_logged_out(api: Api, tokens: Tokens) -> bool {
    let request = api.request(Method::POST, "/api/v1/auth/logout").bearer_auth(&tokens.access);
    let reply = auth_e2e::send(request.json(&json!({ "refreshToken": tokens.refresh }))).await;
    reply.is_ok_and(|reply| {
        assert_eq!(reply.status, 204, "{}", reply.text());
        true
    })
}

/// Logs in. A busy machine may compute the hash too late, which is a 503.
async fn log_in(server: &Server) -> Tokens {
    let watch = Stopwatch::start();
    loop {
        let reply = server.login(ALICE, PASSWORD).await;
        if reply.status != 503 {
            return reply.tokens();
        }
        assert!(watch.elapsed() < OPENS_WITHIN, "{}", reply.text());
        pause(Duration::from_millis(100)).await;
    }
}

/// Writes a frame after the last one of the write-ahead log, of which only the first half has reached the disk. Returns whether the
/// log has frames.
fn tear(database: &Path, is_end: bool) -> bool {
    let path = database.with_file_name(format!("{}-wal", database.file_name().unwrap().to_string_lossy()));
    let log = fs::read(&path).unwrap();
    if log.len() <= WAL_HEADER {
        return false;
    }
    let page = u32::from_be_bytes(log[8..12].try_into().unwrap()) as usize;
    let frame = FRAME_HEADER + page;
    let salts = &log[16..24];
    let frames = log[WAL_HEADER..].chunks_exact(frame).take_while(|frame| &frame[8..16] == salts).count();
    let Some(last) = frames.checked_sub(1) else { return false };
    let end = WAL_HEADER + frames * frame;
    let torn = &log[WAL_HEADER + last * frame..][..frame / 2];
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(torn, end as u64).unwrap();
    if is_end {
        file.set_len((end + torn.len()) as u64).unwrap();
    }
    true
}

// S-60, S-96
#[tokio::test(flavor = "multi_thread")]
async fn kills_during_writes_and_torn_pages_lose_no_acknowledged_logout() {
    let installation = Installation::embedded().without_refresh_limits().with_user(ALICE).await;
    let mut server = Server::start_on(installation).await;
    let mut randomness = Randomness::new();
    let mut staying = join_all((0..CLIENTS).map(|_| log_in(&server))).await;
    let (mut acknowledged, mut torn) = (0, 0);
    for round in 0..rounds(1_000) {
        let leaving = join_all((0..CLIENTS).map(|_| log_in(&server))).await;
        let logouts: Vec<_> =
            leaving.iter().map(|tokens| tokio::spawn(is_logged_out(server.api(), tokens.clone()))).collect();
        let refreshes: Vec<_> = staying
            .iter()
            .map(|tokens| {
                let (api, token) = (server.api(), tokens.refresh.clone());
                tokio::spawn(async move { api.try_refresh_with_key(&token, KEY).await.ok() })
            })
            .collect();
        pause(randomness.time_below(Duration::from_millis(12))).await;
        server.process.kill();
        torn += usize::from(round % 2 == 1 && tear(&server.installation.database(), round % 4 == 1));
        let Server { installation, .. } = server;
        let process = installation.spawn(&["serve"], "");
        server = Server::adopt(installation, process).await;

        for (tokens, logout) in leaving.iter().zip(join_all(logouts).await) {
            if logout.unwrap() {
                acknowledged += 1;
                server.me(&tokens.access).await.expect_error(401, "invalid_token");
                server.expect_dead(&tokens.refresh).await;
            }
        }
        for (tokens, refresh) in staying.iter_mut().zip(join_all(refreshes).await) {
            let repeated = server.refresh_with_key(&tokens.refresh, KEY).await.tokens();
            if let Some(reply) = refresh.unwrap() {
                assert_eq!(repeated.refresh, reply.tokens().refresh);
            }
            *tokens = repeated;
        }
    }
    assert!(acknowledged > 0, "each kill came before every answer");
    assert!(acknowledged < CLIENTS * rounds(1_000), "each kill came after every answer");
    assert!(torn > rounds(1_000) / 3, "the log was rarely torn");
    for (fault, times) in [(Fault::EmbeddedKilled, rounds(1_000)), (Fault::EmbeddedTornPage, torn)] {
        let figures = Figures::of(fault).count("times", times);
        figures.share("acknowledged logouts forgotten", 0, acknowledged).record();
    }
}
