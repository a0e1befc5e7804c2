//! Redis loses its data under load.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{ALICE, Api, Installation, Server, Signal, Stores, Tokens};
use futures_util::future::join_all;

const OPERATIONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md"));
const SECTION: &str = "### Redis has lost its data\n";
const CLIENTS: usize = 12;

async fn start() -> [Server; 2] {
    let first = Installation::on(Stores::own_redis(&[])).without_refresh_limits().with_user(ALICE).await;
    let key_file = first.folder().join("jwt.key");
    fs::write(&key_file, first.setting("JWT__KEY")).unwrap();
    let first = first.set("JWT__KEY_FILE", &key_file.to_string_lossy());
    let second = first.another_instance();
    [Server::start_on(first).await, Server::start_on(second).await]
}

/// Refreshes until the session is gone. No token is accepted twice. Returns the last pair.
async fn refresh_until_rejected(api: Api, mut tokens: Tokens) -> Tokens {
    loop {
        let reply = api.refresh(&tokens.refresh).await;
        if reply.status != 200 {
            reply.expect_error(401, "invalid_refresh_token");
            assert_eq!(reply.reason(), None, "no record can give a reason");
            return tokens;
        }
        tokens = reply.tokens();
    }
}

/// Replaces the key by the commands of the page.
fn replace_key(server: &Server) {
    let (_, section) = OPERATIONS.split_once(SECTION).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (commands, _) = block.split_once("```").unwrap();
    let key_file = server.installation.setting("JWT__KEY_FILE");
    let folder = Path::new(key_file).parent().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-euc", commands]).current_dir(folder).env("KEY_FILE", key_file);
    assert!(shell.status().unwrap().success(), "{commands}");
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn after_a_flush_sessions_are_gone_and_a_new_key_ends_access_tokens() {
    let servers = start().await;
    let revoked = servers[0].log_in(ALICE).await;
    assert_eq!(servers[0].logout(&revoked.access, &revoked.refresh).await.status, 204);
    let mut sessions = Vec::new();
    for _ in 0..CLIENTS {
        sessions.push(servers[0].log_in(ALICE).await);
    }
    let clients = sessions.into_iter().enumerate();
    let clients = clients
        .map(|(number, tokens)| tokio::spawn(refresh_until_rejected(servers[number % 2].api(), tokens)));
    let clients = join_all(clients.collect::<Vec<_>>());
    let flush = async {
        pause(Duration::from_millis(300)).await;
        let redis = servers[0].installation.servers();
        assert_eq!(redis.redis_cli(&["FLUSHALL"]), "OK");
    };
    let (rejected, ()) = tokio::join!(clients, flush);

    // What the page says: access tokens are accepted until they expire, also the revoked one.
    let rejected: Vec<_> = rejected.into_iter().map(Result::unwrap).collect();
    let old: Vec<_> = rejected.iter().chain([&revoked]).map(|tokens| &tokens.access).collect();
    for access in &old {
        assert_eq!(servers[1].me(access).await.status, 200);
    }
    replace_key(&servers[0]);
    for server in &servers {
        server.process.signal(Signal::HUP);
        assert!(server.process.logs(&["secrets_reloaded", "JWT__KEY"]).await);
    }
    for access in old {
        for server in &servers {
            server.me(access).await.expect_error(401, "invalid_token");
        }
    }
    let tokens = servers[0].log_in(ALICE).await;
    assert_eq!(servers[1].me(&tokens.access).await.status, 200);
    servers[1].refresh(&tokens.refresh).await.tokens();
    let figures = Figures::of(Fault::FlushAll).share("refresh tokens rejected", CLIENTS, CLIENTS);
    figures.count("access tokens accepted with the new key", 0).record();
}
