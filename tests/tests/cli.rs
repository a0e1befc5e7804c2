//! The command line, with and without a running server.

use std::fs;

use auth_e2e::{ALICE, BOB, Finished, Installation, PASSWORD, Server, WRONG_PASSWORD, jwt};
use serde_json::Value;

const NEW_PASSWORD: &str = "a new password, long enough";

#[tokio::test]
async fn help_names_every_command_and_exits_0() {
    let installation = Installation::new();
    let help = installation.cli(&["--help"], "").await.expect_success();
    for word in ["serve", "migrate", "user", "session", "limit", "--config", "HOOKSENTRY_AUTH__"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    for command in [&["user", "create", "--help"][..], &["session", "end", "--help"], &["help", "limit"]] {
        assert!(!installation.cli(command, "").await.expect_success().is_empty());
    }
    assert!(!installation.data_dir().exists());
}

#[tokio::test]
async fn version_names_the_commit_and_the_features() {
    let installation = Installation::new();
    let short = installation.cli(&["-V"], "").await.expect_success();
    assert_eq!(short.trim_end(), concat!("hooksentry-auth ", env!("CARGO_PKG_VERSION")));
    let long = installation.cli(&["--version"], "").await.expect_success();
    let rest = long.trim_end().strip_prefix(&format!("{} (commit ", short.trim_end()));
    let (commit, features) = rest.unwrap().split_once(", features: ").unwrap();
    let is_id = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_id || commit == "unknown", "{long}");
    assert!(features.len() > ")".len() && features.ends_with(')'), "{long}");
}

#[tokio::test]
async fn manual_pages_and_completions_name_every_command() {
    let installation = Installation::new();
    installation.cli(&["package-files", "share"], "").await.expect_success();
    let file = |name: &str| {
        let path = installation.folder().join("share").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    for name in [
        "completions/hooksentry-auth.bash",
        "completions/hooksentry-auth.fish",
        "completions/_hooksentry-auth",
    ] {
        let completion = file(name);
        for word in ["serve", "healthcheck", "set-password"] {
            assert!(completion.contains(word), "{name}: {word}");
        }
    }
    assert!(file("man/hooksentry-auth.1").contains("hooksentry\\-auth\\-healthcheck"));
    assert!(file("man/hooksentry-auth-user-set-password.1").contains("password\\-stdin"));
    let hidden = installation.cli(&["--help"], "").await.expect_success();
    assert!(!hidden.contains("package-files"), "{hidden}");
}

#[tokio::test]
async fn a_mistake_in_the_arguments_is_exit_code_2() {
    let installation = Installation::new();
    let mistakes: [&[&str]; 13] = [
        &["user", "import"],
        &["user", "delete"],
        &["serv"],
        &["user"],
        &["user", "create", "--email", ALICE],
        &["user", "create", "--email", ALICE, "--password", PASSWORD],
        &["user", "create", "--email", ALICE, "--role", "god", "--password-stdin"],
        &["user", "create", "--email", ALICE, "--tenant", "acme", "--password-stdin"],
        &["session", "end", "--user", ALICE],
        &["limit", "clear"],
        &["limit", "clear", "--email", ALICE, "--address", "127.0.0.1"],
        &["limit", "clear", "--address", "127.0.0.1/32"],
        &["limit", "list"],
    ];
    for arguments in mistakes {
        let finished = installation.cli(arguments, PASSWORD).await;
        assert_eq!(finished.code(), Some(2), "{arguments:?}: {finished:?}");
    }
}

#[tokio::test]
async fn a_user_is_created_while_a_server_runs() {
    let server = Server::start().await;
    create(&server.installation, BOB, PASSWORD).await.expect_success();
    server.log_in(BOB).await;
    let listed = server.cli(&["user", "list"]).await.expect_success();
    for word in [ALICE, BOB] {
        assert!(listed.contains(word), "{listed}");
    }
    let again = create(&server.installation, "BOB@example.org", NEW_PASSWORD).await.expect_failure();
    assert!(again.contains("exists"), "{again}");
    server.log_in(BOB).await;
}

#[tokio::test]
async fn an_invalid_user_is_not_created() {
    let installation = Installation::new().migrated().await;
    for (email, password, word) in [
        ("not an email", PASSWORD, "email"),
        (ALICE, "too short", "characters"),
        (ALICE, "", "password"),
        (ALICE, "\n", "password"),
    ] {
        let message = create(&installation, email, password).await.expect_failure();
        assert!(message.to_lowercase().contains(word), "{message}");
        assert!(password.trim().is_empty() || !message.contains(password), "{message}");
    }
    let nowhere = ["user", "create", "--email", ALICE, "--password-stdin", "--tenant"];
    let tenant = "16fd2706-8baf-433b-82eb-8c7fada847da";
    let message = installation.cli(&[&nowhere[..], &[tenant]].concat(), PASSWORD).await.expect_failure();
    assert!(message.contains("tenant"), "{message}");
    assert!(!installation.cli(&["user", "list"], "").await.expect_success().contains(ALICE));
}

// S-26
#[tokio::test]
async fn the_minimum_length_applies_to_new_passwords_only() {
    // Short, and hard to guess.
    let short = "k7#mQz!vR2pL";
    let lenient = Installation::new().set("PASSWORD__MIN_LENGTH", "12").migrated().await;
    create(&lenient, ALICE, short).await.expect_success();
    let strict = lenient.set("PASSWORD__MIN_LENGTH", "15");
    create(&strict, BOB, "fourteen chars").await.expect_failure();
    create(&strict, BOB, "fifteen chars..").await.expect_success();
    let server = Server::start_on(strict).await;
    server.login(ALICE, short).await.tokens();
}

#[tokio::test]
async fn one_trailing_newline_is_not_part_of_a_password() {
    let installation = Installation::new().migrated().await;
    create(&installation, ALICE, &format!("{PASSWORD}\n")).await.expect_success();
    create(&installation, BOB, &format!("{PASSWORD}\n\n")).await.expect_success();
    let server = Server::start_on(installation).await;
    server.login(ALICE, PASSWORD).await.tokens();
    server.login(BOB, &format!("{PASSWORD}\n")).await.tokens();
}

// S-27
#[tokio::test]
async fn deactivation_ends_refresh_and_access_at_once() {
    let server = Server::start().await;
    let (one, other) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    server.cli(&["user", "deactivate", ALICE]).await.expect_success();
    for tokens in [&one, &other] {
        assert!(!server.access_token_is_alive(&tokens.access).await);
        assert_eq!(server.expect_dead(&tokens.refresh).await.as_deref(), Some("user_inactive"));
    }
    server.login(ALICE, PASSWORD).await.expect_error(401, "invalid_credentials");
    assert!(server.cli(&["user", "list"]).await.expect_success().to_lowercase().contains("inactive"));

    server.cli(&["user", "activate", ALICE]).await.expect_success();
    server.log_in(ALICE).await;
    server.expect_dead(&one.refresh).await;
}

// S-26
#[tokio::test]
async fn a_guessable_new_password_is_rejected_with_the_reason() {
    let installation = Installation::new().with_user(ALICE).await;
    for guessable in [
        "aaaaaaaaaaaaaaa",
        "passwordpassword",
        "123456789012345",
        BOB,
        ALICE,
        "hooksentry auth",
        "hooksentryhooksentry",
    ] {
        let set_password = ["user", "set-password", ALICE, "--password-stdin"];
        let create_user = ["user", "create", "--email", BOB, "--password-stdin"];
        for command in [&set_password[..], &create_user] {
            // The email of another user is no user input of the score.
            let email = if command[1] == "create" { BOB } else { ALICE };
            if guessable.contains('@') && guessable != email {
                continue;
            }
            let rejected = installation.cli(command, guessable).await.expect_failure();
            assert!(rejected.contains("too easy to guess: it "), "{guessable}: {rejected}");
            assert!(rejected.contains("choose another one"), "{rejected}");
            assert!(!rejected.contains(guessable), "{rejected}");
        }
    }
    let server = Server::start_on(installation).await;
    server.login(ALICE, PASSWORD).await.tokens();
}

// S-28
#[tokio::test]
async fn a_new_password_ends_every_session() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let command = ["user", "set-password", ALICE, "--password-stdin"];
    server.installation.cli(&command, NEW_PASSWORD).await.expect_success();
    assert!(!server.access_token_is_alive(&tokens.access).await);
    assert_eq!(server.expect_dead(&tokens.refresh).await.as_deref(), Some("revoked"));
    server.login(ALICE, PASSWORD).await.expect_error(401, "invalid_credentials");
    server.login(ALICE, NEW_PASSWORD).await.tokens();

    server.installation.cli(&command, "short").await.expect_failure();
    server.login(ALICE, NEW_PASSWORD).await.tokens();
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    let server = Server::start_on(installation).await;
    let (one, other, bob) =
        (server.log_in(ALICE).await, server.log_in(ALICE).await, server.log_in(BOB).await);
    let sid = |access: &str| jwt::claims(access)["sid"].as_str().unwrap_or_default().to_owned();
    let list = ["session", "list", "--user", ALICE];
    let listed = server.cli(&list).await.expect_success();
    assert!(listed.contains(&sid(&one.access)) && listed.contains(&sid(&other.access)), "{listed}");
    assert!(!listed.contains(&sid(&bob.access)), "{listed}");

    server.cli(&["session", "end", "--user", ALICE, &sid(&one.access)]).await.expect_success();
    assert!(!server.access_token_is_alive(&one.access).await);
    assert_eq!(server.expect_dead(&one.refresh).await.as_deref(), Some("revoked"));
    assert!(server.access_token_is_alive(&other.access).await);
    server.cli(&["session", "end", "--user", ALICE, &sid(&bob.access)]).await.expect_failure();

    server.cli(&["session", "end", "--user", ALICE, "--all"]).await.expect_success();
    server.expect_dead(&other.refresh).await;
    assert!(!server.access_token_is_alive(&other.access).await);
    assert!(!server.cli(&list).await.expect_success().contains(&sid(&other.access)));
    assert!(server.access_token_is_alive(&bob.access).await);
    server.refresh(&bob.refresh).await.tokens();
}

#[tokio::test]
async fn clearing_the_limit_allows_the_next_login() {
    let server = Server::start().await;
    for part in 1..=10 {
        server.from_address(&format!("127.0.1.{part}")).login(ALICE, WRONG_PASSWORD).await;
    }
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    server.cli(&["limit", "clear", "--email", ALICE]).await.expect_success();
    server.log_in(ALICE).await;
}

#[tokio::test]
async fn commands_on_an_unknown_user_fail() {
    let server = Server::start().await;
    let commands: [&[&str]; 5] = [
        &["user", "activate", BOB],
        &["user", "deactivate", BOB],
        &["user", "set-password", BOB, "--password-stdin"],
        &["session", "list", "--user", BOB],
        &["session", "end", "--user", BOB, "--all"],
    ];
    for command in commands {
        let message = server.installation.cli(command, NEW_PASSWORD).await.expect_failure();
        assert!(message.contains("no user"), "{command:?}: {message}");
    }
}

#[tokio::test]
async fn migrating_is_possible_at_any_time() {
    let installation = Installation::new();
    installation.cli(&["migrate"], "").await.expect_success();
    installation.cli(&["migrate"], "").await.expect_success();
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    server.cli(&["migrate"]).await.expect_success();
    server.log_in(ALICE).await;
}

// S-25
#[tokio::test]
async fn only_serve_and_migrate_create_files() {
    let installation = Installation::embedded();
    let commands: [&[&str]; 8] = [
        &["user", "list"],
        &["user", "create", "--email", ALICE, "--password-stdin"],
        &["user", "deactivate", ALICE],
        &["session", "list", "--user", ALICE],
        &["limit", "clear", "--email", ALICE],
        &["limit", "clear", "--address", "127.0.0.1"],
        &["limit", "list", "--email", ALICE],
        &["doctor"],
    ];
    for command in commands {
        let finished = installation.cli(command, PASSWORD).await;
        assert_eq!(finished.code(), Some(1), "{command:?}: {finished:?}");
        let text = format!("{}{}", finished.stdout, finished.stderr);
        assert!(text.contains("migrate") && text.contains("DATA_DIR"), "{command:?}: {text}");
        assert!(!installation.data_dir().exists(), "{command:?} made a data directory");
    }
    let installation = installation.migrated().await;
    create(&installation, ALICE, PASSWORD).await.expect_success();
    fs::remove_file(installation.data_dir().join("auth.db")).unwrap();
    let message = installation.cli(&["user", "list"], "").await.expect_failure();
    assert!(message.contains("auth.db") && message.contains("migrate"), "{message}");
    assert!(!installation.data_dir().join("auth.db").exists());
}

async fn create(installation: &Installation, email: &str, password: &str) -> Finished {
    installation.cli(&["user", "create", "--email", email, "--password-stdin"], password).await
}

// S-85
#[tokio::test]
async fn each_administrative_command_writes_one_event() {
    let installation = Installation::new().with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let session = jwt::claims(&server.log_in(ALICE).await.access)["sid"].as_str().unwrap().to_owned();
    let commands: [(&[&str], &[&str]); 9] = [
        (&["user", "create", "--email", BOB, "--password-stdin"], &["user_changed", "created"]),
        (&["user", "deactivate", BOB], &["user_changed", "deactivated"]),
        (&["user", "activate", BOB], &["user_changed", "activated"]),
        (&["user", "set-password", BOB, "--password-stdin"], &["user_changed", "password_set"]),
        (&["user", "delete", BOB], &["user_changed", "deleted"]),
        (&["session", "end", "--user", ALICE, &session], &["sessions_ended", "command", &session]),
        (&["session", "end", "--user", ALICE, "--all"], &["sessions_ended", "command"]),
        (&["limit", "clear", "--email", ALICE], &["login_limit_cleared", "email_hash"]),
        (
            &["limit", "clear", "--address", "2001:db8::1"],
            &["login_limit_cleared", r#""address":"2001:db8::""#],
        ),
    ];
    for (command, parts) in commands {
        let finished = server.installation.cli(command, NEW_PASSWORD).await;
        assert!(finished.status.success(), "{command:?}: {finished:?}");
        let events: Vec<&str> = finished.stderr.lines().filter(|line| line.contains("\"event\"")).collect();
        let [event] = events.as_slice() else { panic!("{command:?}: {events:?}") };
        for part in parts {
            assert!(event.contains(part), "{part} is not in {event}");
        }
        assert!(!event.contains("@example.com"), "{event}");
    }
    let lists: [&[&str]; 3] =
        [&["user", "list"], &["session", "list", "--user", ALICE], &["limit", "list", "--email", ALICE]];
    for command in lists {
        let finished = server.installation.cli(command, "").await;
        assert!(finished.status.success() && !finished.stderr.contains("\"event\""), "{finished:?}");
    }
}

#[tokio::test]
async fn session_list_prints_lines_of_json() {
    let server = Server::start().await;
    server.log_in(ALICE).await;
    server.log_in(ALICE).await;
    let listed = server.cli(&["session", "list", "--user", ALICE, "--json"]).await.expect_success();
    let table = server.cli(&["session", "list", "--user", ALICE]).await.expect_success();
    let rows: Vec<&str> = table.lines().skip(1).collect();
    let lines: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), rows.len()), (2, 2), "{listed}{table}");
    for (line, row) in lines.iter().zip(rows) {
        let names: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = ["session_id", "user_id", "created_at", "rotated_at", "expires_at"];
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert!(row.starts_with(line["session_id"].as_str().unwrap()), "{row}: {line}");
        assert!(line["expires_at"].as_str() > line["created_at"].as_str(), "{line}");
    }
}

#[tokio::test]
async fn doctor_prints_lines_of_json_with_the_same_exit_code() {
    let installation = Installation::new().with_user(ALICE).await;
    let report = installation.cli(&["doctor", "--json"], "").await.expect_success();
    let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = installation.cli(&["doctor"], "").await.expect_success();
    let checks = text.lines().filter(|line| line.starts_with("  ")).count();
    assert_eq!(lines.len(), checks, "{report}{text}");
    for line in &lines {
        assert!(line["dependency"].is_string() && line["text"].is_string(), "{line}");
        assert_eq!(line["remedy"].is_string(), line["severity"] != "ok", "{line}");
    }

    let broken = Installation::embedded();
    let finished = broken.cli(&["doctor", "--json"], "").await;
    assert_eq!(finished.code(), broken.cli(&["doctor"], "").await.code());
    assert_eq!(finished.code(), Some(1));
    assert!(finished.stdout.contains(r#""severity":"error""#), "{finished:?}");
}
