//! The clients of the documents, run as they are printed, with refreshes that fail, are lost, or happen at the same time.

use std::fs;
use std::path::Path;
use std::process::Command;

use auth_e2e::documents::block;
use auth_e2e::{ALICE, Installation, PASSWORD, Server};

use crate::programs::{FOLDER, expect_success};

/// A block of a page: the file to write it to, its language, and a text that no other block has.
pub(crate) type Block = (&'static str, &'static str, &'static str);

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
    let blocks = [
        ("login.sh", "sh", "/api/v1/auth/login"),
        ("access.sh", "sh", "flock 9"),
        ("access.py", "python", "fcntl.flock"),
    ];
    expect_complete("command_line.mjs", "clients/command-line.md", &blocks, &Server::start().await).await;
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
