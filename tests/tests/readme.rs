//! The commands of the README work, and the responses have the documented fields.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;
use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Process, Server, Tokens};
use serde_json::Value;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_commands_of_the_readme_work() {
    let server = Server::start_on(Installation::new().with_user(ALICE).await).await;
    let shell = Shell { base: format!("http://{}", server.installation.address()) };

    let login = command("Login").replace("owner@example.com", ALICE);
    let response: Value = shell.json(&with_password(&login), "").await;
    assert_eq!(fields(&response), fields(&example("Login")));
    let first = tokens(&response);

    let refresh = with_token(&command("Refresh"), &first.refresh);
    let second = tokens(&shell.json(&refresh, "").await);
    let retried = tokens(&shell.json(&refresh, "").await);
    assert_eq!(second.refresh, retried.refresh, "the Idempotency-Key makes the call safe to repeat");

    let me = shell.json(&command("Current user"), &second.access).await;
    assert_eq!(fields(&me), fields(&example("Current user")));
    assert_eq!(me["email"], ALICE);

    let head = shell.run(&command("Verification for proxies"), &second.access).await;
    assert!(head.contains(" 204 "), "{head}");
    for name in PAGE.split('`').filter(|code| code.starts_with("X-")) {
        assert!(head.to_ascii_lowercase().contains(&name.to_ascii_lowercase()), "{name}: {head}");
    }

    let logout = with_token(&command("Logout"), &second.refresh);
    assert_eq!(shell.run(&logout, &second.access).await, "");
    assert!(!server.access_token_is_alive(&second.access).await);

    let health = shell.run(&command("Health"), "").await;
    assert!(health.contains(r#"{"status":"ok"}"#) && health.contains("ready"), "{health}");
}

/// Runs commands of the README against a server.
struct Shell {
    base: String,
}

impl Shell {
    async fn run(&self, command: &str, access_token: &str) -> String {
        let command = command.replace("http://127.0.0.1:8080", &self.base).replace("curl ", "curl -sS ");
        let mut bash = Command::new("bash");
        bash.args(["-c", &command]);
        bash.env("BASE", format!("{}/api/v1/auth", self.base)).env("ACCESS_TOKEN", access_token);
        for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            bash.env_remove(name);
        }
        Process::spawn(&mut bash, "").finish(LIMIT).await.expect_success()
    }

    async fn json(&self, command: &str, access_token: &str) -> Value {
        let text = self.run(command, access_token).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// Returns the shell commands of a section.
fn command(section: &str) -> String {
    block(section, "sh")
}

/// Returns the response that a section shows.
fn example(section: &str) -> Value {
    serde_json::from_str(&block(section, "json")).expect("an example in JSON")
}

fn block(section: &str, language: &str) -> String {
    let text =
        PAGE.split("\n### ").find(|text| text.starts_with(&format!("{section}\n"))).expect("a section");
    let rest = text.split(&format!("```{language}\n")).nth(1).expect("a block");
    rest.split("```").next().expect("the end of a block").to_owned()
}

fn with_password(command: &str) -> String {
    assert!(command.contains(PASSWORD), "the README has the password of the tests: {command}");
    command.to_owned()
}

/// Replaces the shortened refresh token.
fn with_token(command: &str, token: &str) -> String {
    let (before, rest) = command.split_once(r#""refreshToken": ""#).expect("a refresh token");
    let after = rest.split_once('"').expect("the end of a refresh token").1;
    format!(r#"{before}"refreshToken": "{token}"{after}"#)
}

fn fields(value: &Value) -> Vec<&String> {
    value.as_object().map(|object| object.keys().collect()).unwrap_or_default()
}

fn tokens(response: &Value) -> Tokens {
    let text = |name: &str| response[name].as_str().expect("a token").to_owned();
    Tokens { access: text("accessToken"), refresh: text("refreshToken") }
}
