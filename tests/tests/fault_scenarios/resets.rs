//! Clients that reset their connections at random points, among others that do not.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use auth_e2e::clock::{holds_within, pause};
use auth_e2e::history::{Recorder, Rules, check};
use auth_e2e::load::{Load, Mix};
use auth_e2e::randomness::Randomness;
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{Api, Installation, PASSWORD, Server, Stores, Tokens, rounds};
use futures_util::future::join_all;
use serde_json::json;

use crate::scenario::{email, with_users};

/// Clients that reset at the same time.
const RESETTING: usize = 10;
/// The longest pause between two resets of a client.
const BETWEEN: Duration = Duration::from_millis(40);
/// The others log in before the resets.
const BEFORE: Duration = Duration::from_secs(1);

/// Sends a part of some requests, waits for a moment, and resets the connection.
async fn reset(api: &Api, tokens: &Tokens, randomness: &mut Randomness) {
    let login = json!({ "email": email(1), "password": PASSWORD });
    let refresh = json!({ "refreshToken": tokens.refresh });
    let logout = json!({ "refreshToken": "0".repeat(104) });
    let mut text = String::new();
    for _ in 0..=randomness.below(3) {
        // Few logins, because each of them is hashed.
        let request = match randomness.below(20) {
            0 => post("login", &login.to_string(), ""),
            1..8 => post("refresh", &refresh.to_string(), "Idempotency-Key: one\r\n"),
            8..14 => {
                post("logout", &logout.to_string(), &format!("Authorization: Bearer {}\r\n", tokens.access))
            }
            _ => format!(
                "GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
                tokens.access
            ),
        };
        text.push_str(&request);
    }
    let is_whole = randomness.below(2) == 0;
    let length =
        if is_whole { text.len() } else { usize::try_from(randomness.below(text.len() as u64)).unwrap_or(0) };
    let mut wire = api.connect().await;
    wire.send(text.get(..length).unwrap_or_default()).await;
    pause(randomness.time_below(Duration::from_millis(8))).await;
    wire.reset();
}

fn post(name: &str, body: &str, header: &str) -> String {
    format!(
        "POST /api/v1/auth/{name} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{header}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn reset_often(api: Api, tokens: Tokens, count: usize) {
    let mut randomness = Randomness::new();
    for _ in 0..count {
        reset(&api, &tokens, &mut randomness).await;
        pause(randomness.time_below(BETWEEN)).await;
    }
}

/// The open files and connections of the server.
fn open_files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.process.id())).map_or(0, Iterator::count)
}

// S-91
#[tokio::test(flavor = "multi_thread")]
async fn resetting_clients_never_mix_up_responses() {
    let installation = Installation::on(Stores::servers());
    let server = Server::start_on(with_users(installation).await).await;
    let mut sessions = Vec::new();
    for _ in 0..RESETTING {
        sessions.push(server.log_in(&email(1)).await);
    }
    let before = open_files(&server);
    let clients = rounds(400).min(200);
    let names = (2..=3).map(email).collect();
    let mix = Mix { clients, rate: 100, users: names, shares: false };
    let load = Load::start(Arc::new(Recorder::new([server.api()])), &mix);
    pause(BEFORE).await;
    let (api, count) = (server.api(), rounds(10_000));
    let resets = sessions.into_iter();
    let resets = resets.map(|tokens| tokio::spawn(reset_often(api.clone(), tokens, count / RESETTING)));
    for client in join_all(resets).await {
        client.unwrap();
    }
    let calls = load.stop().await.calls();

    let report = check(&calls, &Rules::default());
    report.expect_clean();
    assert!(report.calls > 4 * clients, "{report}");
    assert!(
        holds_within(Duration::from_secs(5), || open_files(&server) <= before + 4).await,
        "files stay open"
    );
    let figures = Figures::of(Fault::ClientResets).count("resets", count);
    figures.share("answers for another client", 0, report.calls).record();
}
