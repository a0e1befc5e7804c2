//! The output of commands on a terminal and in a pipe.

use auth_e2e::{ALICE, BOB, Installation, Server, on_terminal};
use serde_json::Value;

const XTERM: (&str, &str) = ("TERM", "xterm-256color");
const ESCAPE: char = '\u{1b}';

#[tokio::test]
async fn a_terminal_gets_aligned_columns_with_colours() {
    let installation = Installation::embedded().with_user(ALICE).await;
    let long = "a-much-longer-name-of-a-user@example.org";
    let installation = installation.with_user(long).await;
    installation.cli(&["user", "deactivate", long], "").await.expect_success();
    let lines = on_terminal(&installation, &[XTERM], &["user", "list"]).await;
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("\u{1b}[1mEMAIL\u{1b}[0m"), "{lines:?}");
    assert!(lines[1].contains("\u{1b}[33minactive\u{1b}[0m"), "{lines:?}");
    assert!(lines[2].contains("\u{1b}[32mactive\u{1b}[0m"), "{lines:?}");

    let plain = installation.cli(&["user", "list"], "").await.expect_success();
    assert!(!plain.contains(ESCAPE), "{plain:?}");
    let columns =
        plain.lines().map(|line| line.find("developer").or(line.find("ROLE")).or(line.find("Developer")));
    assert!(
        columns.clone().all(|column| column == Some(long.len() + 2)),
        "{:?}",
        columns.collect::<Vec<_>>()
    );
    let stripped: Vec<String> = lines.iter().map(|line| without_styles(line)).collect();
    assert_eq!(stripped, plain.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn doctor_and_errors_have_colours_on_a_terminal_only() {
    let installation = Installation::embedded();
    let screen = on_terminal(&installation, &[XTERM], &["doctor"]).await.join("\n");
    for coloured in
        ["\u{1b}[1msettings\u{1b}[0m", "\u{1b}[32mok     \u{1b}[0m", "\u{1b}[31mERROR", "\u{1b}[31merror:"]
    {
        assert!(screen.contains(coloured), "{coloured:?} is not in {screen:?}");
    }
    let piped = installation.cli(&["doctor"], "").await;
    assert!(!piped.stdout.contains(ESCAPE) && !piped.stderr.contains(ESCAPE), "{piped:?}");
    assert!(piped.stdout.contains("  ERROR    "), "{piped:?}");
}

#[tokio::test]
async fn colours_obey_the_variables_of_the_user() {
    let installation = Installation::embedded();
    let command = ["config", "show"];
    for (variables, has_colours) in [
        (vec![XTERM], true),
        (vec![XTERM, ("NO_COLOR", "1")], false),
        (vec![XTERM, ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        (vec![XTERM, ("CLICOLOR", "0")], false),
        (vec![("TERM", "dumb")], false),
        (vec![("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true),
    ] {
        let lines = on_terminal(&installation, &variables, &command).await;
        assert!(lines.len() > 40, "{lines:?}");
        assert_eq!(lines.concat().contains(ESCAPE), has_colours, "{variables:?}");
    }
    let forced = installation.spawn_under(&["env", "-u", "NO_COLOR", "CLICOLOR_FORCE=1"], &command);
    assert!(forced.finish(std::time::Duration::from_secs(20)).await.expect_success().contains(ESCAPE));
}

#[tokio::test]
async fn json_is_the_same_on_a_terminal() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await.with_user(BOB).await).await;
    server.log_in(ALICE).await;
    for command in [
        &["session", "list", "--user", ALICE, "--json"][..],
        &["user", "list", "--json"],
        &["config", "show", "--json"],
    ] {
        let lines = on_terminal(&server.installation, &[XTERM, ("CLICOLOR_FORCE", "1")], command).await;
        let piped = server.cli(command).await.expect_success();
        assert_eq!(lines, piped.lines().collect::<Vec<_>>());
        assert!(
            !lines.is_empty() && lines.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()),
            "{lines:?}"
        );
    }
}

/// Removes the escape sequences of styles.
fn without_styles(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}
