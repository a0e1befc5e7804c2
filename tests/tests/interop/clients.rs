//! The clients of the documents, run as they are printed, with refreshes that fail, are lost, or happen at the same time.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use auth_e2e::documents::{block, with_changes};
use auth_e2e::{ALICE, Installation, PASSWORD, Process, Server, Stores};

use crate::programs::{FOLDER, expect_success};

/// A block of a page: the file to write it to, its language, and a text that no other block has.
pub(crate) type Block = (&'static str, &'static str, &'static str);

const COMMAND_LINE: [Block; 3] = [
    ("login.sh", "sh", "/api/v1/auth/login"),
    ("access.sh", "sh", "flock 9"),
    ("access.py", "python", "fcntl.flock"),
];
/// Programs on the command line wait and try again for less than this.
const LIMIT: Duration = Duration::from_mins(1);

/// The longest program that a page may show.
const LINES: usize = 40;

/// Writes blocks of a page to a folder.
pub(crate) fn write_blocks(folder: &Path, page: &str, blocks: &[Block]) {
    fs::create_dir(folder).expect("a new folder");
    for (file, language, mark) in blocks {
        let text = block(page, language, mark);
        assert!(text.lines().count() <= LINES, "{page}: {file} has {} lines", text.lines().count());
        fs::write(folder.join(file), text).expect("a writable folder");
    }
}

/// Runs a program that uses blocks of a page against a server.
async fn expect_complete(program: &str, page: &str, blocks: &[Block], server: &Server) {
    let folder = server.installation.folder().join("client");
    write_blocks(&folder, page, blocks);
    let mut node = Command::new("node");
    node.args([program, &format!("http://{}", server.installation.address()), ALICE]).arg(&folder);
    expect_success(node.current_dir(format!("{FOLDER}/clients")).env("PASSWORD", PASSWORD)).await;
}

#[tokio::test]
#[ignore = "needs node: run by `just interop`"]
async fn the_documented_server_side_client_keeps_its_sessions() {
    let blocks = [
        ("session.mjs", "js", "export function withTokens"),
        ("forward.mjs", "js", "export async function forward"),
    ];
    expect_complete("server.mjs", "clients/server.md", &blocks, &Server::start().await).await;
}

#[tokio::test]
#[ignore = "needs node, python3 and curl: run by `just interop`"]
async fn the_documented_command_line_clients_keep_their_sessions() {
    let server = Server::start().await;
    expect_complete("command_line.mjs", "clients/command-line.md", &COMMAND_LINE, &server).await;
}

#[tokio::test]
#[ignore = "needs node, mono-mcs, mono-runtime and libraries of Mono: run by `just interop`"]
async fn the_documented_client_in_csharp_keeps_its_session() {
    let blocks = [
        ("Session.cs", "csharp", "class Session"),
        ("Refreshing.cs", "csharp", "class Refreshing"),
        ("BearerHandler.cs", "csharp", "class BearerHandler"),
    ];
    // The client refreshes 30 seconds before its access token expires.
    let installation = Installation::new().set("TOKENS__ACCESS_TTL", "31s").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    expect_complete("csharp.mjs", "clients/csharp.md", &blocks, &server).await;
}

#[tokio::test]
#[ignore = "needs python3 and curl: run by `just interop`"]
async fn an_outage_of_redis_ends_no_documented_session() {
    // An access token of a quarter of a minute is refreshed each time.
    let installation = Installation::on(Stores::own_servers()).set("TOKENS__ACCESS_TTL", "15s");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let folder = server.installation.folder().join("client");
    write_blocks(&folder, "clients/command-line.md", &COMMAND_LINE);
    let address = format!("http://{}", server.installation.address());
    let login = fs::read_to_string(folder.join("login.sh")).expect("a block");
    let login = with_changes(&login, &[("http://127.0.0.1:8080", &address)]);

    let start = |home: &str, words: &[&str]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&folder).env("HOME", folder.join(home));
        command.env("AUTH_URL", &address).env("AUTH_EMAIL", ALICE).env("AUTH_PASSWORD", PASSWORD);
        Process::spawn(&mut command, "")
    };
    for home in ["shell", "python"] {
        fs::create_dir(folder.join(home)).expect("a new folder");
        start(home, &["sh", "-euc", &login]).finish(LIMIT).await.expect_success();
    }
    server.installation.servers().redis.freeze();
    let programs = [start("shell", &["sh", "access.sh"]), start("python", &["python3", "access.py"])];
    assert!(server.process.logs(&[r#""event":"unavailable""#, r#""operation":"refresh""#]).await);
    server.installation.servers().redis.thaw();
    for program in programs {
        let token = program.finish(LIMIT).await.expect_success();
        assert_eq!(server.me(token.trim()).await.status, 200);
    }
}
