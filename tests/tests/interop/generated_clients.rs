//! Clients that generators make from the OpenAPI document, run against the server of the document.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use auth_e2e::{ALICE, PASSWORD, Server};

use crate::programs::{FOLDER, expect_success, installed, write_document};

/// A server, and a folder with a program that uses the client in its subfolder `generated`.
struct Generated {
    server: Server,
    folder: PathBuf,
}

impl Generated {
    /// Writes the document of a new server into the folder of `program`.
    async fn start(program: &str) -> Self {
        let server = Server::start().await;
        let folder = write_document(&server).await.with_file_name("generated-client");
        fs::create_dir(&folder).expect("a new folder");
        fs::copy(installed(program), folder.join(program)).expect("a copy of the program");
        Self { server, folder }
    }

    /// Returns a command that runs in the folder.
    fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        command
    }

    /// Runs the program, which logs in, refreshes and logs out.
    async fn expect_flow(&self, command: &mut Command) {
        let address = format!("http://{}", self.server.installation.address());
        expect_success(command.args([&address, ALICE, PASSWORD])).await;
    }
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/package-lock.json: run by `just interop`"]
async fn a_generated_typescript_client_logs_in_refreshes_and_logs_out() {
    let generated = Generated::start("generated_client.ts").await;
    let mut generate = generated.command(installed("node_modules/.bin/openapi-ts"));
    generate.args([
        "--input",
        "../openapi.json",
        "--output",
        "generated",
        "--client",
        "@hey-api/client-fetch",
    ]);
    // The generator resolves its plugins from the folder of the packages.
    expect_success(generate.args(["--no-log-file"]).env("NODE_PATH", format!("{FOLDER}/node_modules"))).await;

    let mut compile = generated.command(installed("node_modules/.bin/tsc"));
    compile.args(["--strict", "--skipLibCheck", "--target", "es2022", "--module", "commonjs"]);
    compile.args(["--lib", "es2022,dom,dom.iterable", "--outDir", "compiled", "generated_client.ts"]);
    expect_success(&mut compile).await;

    let mut node = generated.command("node".into());
    generated.expect_flow(node.arg("compiled/generated_client.js")).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn a_generated_python_client_logs_in_refreshes_and_logs_out() {
    let generated = Generated::start("generated_client.py").await;
    let mut generate = generated.command(installed(".venv/bin/openapi-python-client"));
    generate.args(["generate", "--meta", "none", "--path", "../openapi.json", "--output-path", "generated"]);
    // The generator formats the client with a program of the same folder.
    let path = std::env::var("PATH").unwrap_or_default();
    expect_success(generate.env("PATH", format!("{FOLDER}/.venv/bin:{path}"))).await;

    let mut python = generated.command(installed(".venv/bin/python"));
    generated.expect_flow(python.args(["-B", "generated_client.py"])).await;
}
