//! Users are brought in from another program, and taken out.

use std::fs;
use std::time::Duration;

use auth_e2e::clock::{holds_within, pause};
use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, Stores, WRONG_PASSWORD};
use auth_testkit::vectors::other_password_hashes;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_mins(2);
/// One write on every row, which returns their number.
const COUNT: &str = "UPDATE users SET updated_at = updated_at";

/// An empty installation on each kind of store, with bcrypt accepted.
async fn installations() -> [Installation; 2] {
    let [embedded, servers] = [Installation::embedded(), Installation::on(Stores::servers())]
        .map(|installation| installation.set("PASSWORD__FORMATS", "bcrypt"));
    [embedded.migrated().await, servers.migrated().await]
}

/// A bcrypt hash of [`PASSWORD`].
fn bcrypt() -> String {
    let mut cases = other_password_hashes().into_iter();
    cases.find(|case| case.format == "bcrypt" && case.password == PASSWORD).unwrap().stored
}

fn line(email: &str, hash: &str) -> Value {
    json!({"email": email, "password_hash": hash})
}

/// Writes the lines to a file, and returns its name.
fn file(installation: &Installation, lines: &[Value]) -> &'static str {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    fs::write(installation.folder().join("users.jsonl"), lines.join("\n")).unwrap();
    "users.jsonl"
}

/// The lines of `user list --json`.
async fn listed(installation: &Installation) -> Vec<Value> {
    let text = installation.cli(&["user", "list", "--json"], "").await.expect_success();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_user_is_created_with_a_hash_of_another_program() {
    let create = ["user", "create", "--email", ALICE, "--password-hash-stdin"];
    for installation in installations().await {
        for unusable in
            ["", "no hash", "$2b$31$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", PASSWORD]
        {
            let rejected = installation.cli(&create, unusable).await.expect_failure();
            assert!(rejected.contains("the password hash has an unknown format"), "{rejected}");
        }
        let created = installation.cli(&create, &format!("{}\n", bcrypt())).await;
        assert!(created.stderr.lines().all(|line| line.starts_with('{')), "a warning: {created:?}");
        created.expect_success();
        let server = Server::start_on(installation).await;
        server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
        server.log_in(ALICE).await;
    }
    let installation = Installation::embedded().migrated().await;
    let created = installation.cli(&create, &bcrypt()).await;
    assert!(created.stderr.contains("add bcrypt to PASSWORD__FORMATS"), "{created:?}");
    created.expect_success();
    for arguments in [&["--password-hash-stdin", "--password-stdin"][..], &[], &["--password-hash", "x"]] {
        let mistake = [&["user", "create", "--email", BOB][..], arguments].concat();
        assert_eq!(installation.cli(&mistake, &bcrypt()).await.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn imported_users_log_in_and_a_second_import_changes_nothing() {
    let id = "9c858901-8a57-4791-81fe-4c455b099bc9";
    let created_at = "2020-02-03T04:05:06.000007Z";
    for installation in installations().await {
        let lines = [
            json!({"email": " Alice@Example.com ", "password_hash": bcrypt(), "role": "owner", "id": id,
                "created_at": created_at}),
            json!({"email": BOB, "password_hash": bcrypt(), "status": "inactive", "tenant_id": null}),
            json!({"email": "elsewhere@example.com", "password_hash": null}),
        ];
        let import = ["user", "import", file(&installation, &lines)];
        let first = installation.cli(&import, "").await;
        assert!(first.stderr.contains("\"users_imported\"") && !first.stderr.contains("$2"), "{first:?}");
        assert_eq!(first.expect_success(), "imported: 3; already there: 0; lines with a problem: 0\n");
        let server = Server::start_on(installation).await;
        server.log_in(ALICE).await;
        server.login(BOB, PASSWORD).await.expect_error(401, "invalid_credentials");
        server.login("elsewhere@example.com", PASSWORD).await.expect_error(401, "invalid_credentials");

        let users = listed(&server.installation).await;
        let of = |email: &str| users.iter().find(|user| user["email"] == email).unwrap();
        // The login has upgraded the hash.
        let expected = json!({"id": id, "tenant_id": of(BOB)["tenant_id"], "email": ALICE, "role": "Owner",
            "status": "active", "created_at": created_at, "hash_format": "argon2id"});
        assert_eq!((users.len(), of(ALICE)), (3, &expected));
        assert_eq!((&of(BOB)["status"], &of(BOB)["hash_format"]), (&json!("inactive"), &json!("bcrypt")));
        assert_eq!(of("elsewhere@example.com")["hash_format"], Value::Null);

        let second = server.cli(&import).await;
        let note = "line 1: the user exists and has another password_hash; the user was not changed";
        assert!(second.stderr.contains(note), "{second:?}");
        assert_eq!(
            second.expect_success(),
            "imported: 0; already there: 3, 1 of them with other data; lines with a problem: 0\n"
        );
        assert_eq!(listed(&server.installation).await, users);
    }
}

#[tokio::test]
async fn each_invalid_line_is_reported_and_nothing_is_imported() {
    for installation in installations().await {
        let taken = json!({"email": "second@example.com", "password_hash": null, "id": "9c858901-8a57-4791-81fe-4c455b099bc9"});
        let lines = [
            line(ALICE, &bcrypt()),
            json!({"email": "first@example.com", "password_hash": null, "id": taken["id"]}),
            json!({"email": "bob", "password_hash": 7, "name": "secret"}),
            line(BOB, "secret"),
            taken,
            json!({"email": "third@example.com", "password_hash": null, "tenant_id": "16fd2706-8baf-433b-82eb-8c7fada847da"}),
        ];
        let name = file(&installation, &lines);
        let invalid = [
            "line 3: the email is not a valid address; password_hash must be a string, not a number; the field \"name\" is unknown",
            "line 4: password_hash has an unknown format, or parameters out of bounds",
        ];
        let rejected = installation.cli(&["user", "import", name], "").await;
        assert_eq!((rejected.code(), rejected.stdout.as_str()), (Some(1), ""));
        for text in
            invalid.into_iter().chain(["2 lines are invalid, so no user was imported", "--skip-invalid"])
        {
            assert!(rejected.stderr.contains(text), "{text}: {rejected:?}");
        }
        assert_eq!(listed(&installation).await, [] as [Value; 0]);

        // Standard input cannot be read twice.
        let text = fs::read_to_string(installation.folder().join(name)).unwrap();
        let rejected = installation.cli(&["user", "import", "-"], &text).await;
        assert!(
            rejected.stdout.starts_with("imported: 0;") && rejected.stderr.contains(invalid[1]),
            "{rejected:?}"
        );
        assert_eq!(listed(&installation).await, [] as [Value; 0]);

        let skipping = installation.cli(&["user", "import", "--skip-invalid", "-"], &text).await;
        assert_eq!(skipping.stdout, "imported: 2; already there: 0; lines with a problem: 4\n");
        let message = skipping.expect_failure();
        let valid = ["line 5: another user has this id", "line 6: there is no tenant with this tenant_id"];
        for text in invalid.into_iter().chain(valid) {
            assert!(message.contains(text), "{text}: {message}");
        }
        assert!(!message.contains("secret") && !message.contains("line 1:"), "{message}");
        assert_eq!(listed(&installation).await.len(), 2);
    }
    let installation = Installation::embedded().migrated().await;
    let missing = installation.cli(&["user", "import", "missing.jsonl"], "").await.expect_failure();
    assert!(missing.contains("missing.jsonl cannot be opened: No such file"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_is_finished_by_the_next_one() {
    const USERS: usize = 10_000;
    for installation in installations().await {
        let lines: Vec<_> = (0..USERS).map(|n| line(&format!("user{n}@example.com"), &bcrypt())).collect();
        let import = ["user", "import", file(&installation, &lines)];
        let mut first = installation.spawn(&import, "");
        assert!(holds_within(LIMIT, || installation.sql(COUNT) > 0).await);
        first.kill();
        let written = installation.sql(COUNT);
        assert!(written < USERS && written.is_multiple_of(500), "{written} users are written");
        let finished = installation.cli(&import, "").await.expect_success();
        let expected = format!("imported: {}; already there: {written};", USERS - written);
        assert!(finished.contains(&expected), "{finished}");
        assert_eq!(installation.sql(COUNT), USERS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_outlasts_a_short_outage() {
    const USERS: usize = 10_000;
    let installation = Installation::on(Stores::own_servers()).migrated().await;
    let lines: Vec<_> =
        (0..USERS).map(|n| json!({"email": format!("user{n}@example.com"), "password_hash": null})).collect();
    let import = installation.spawn(&["user", "import", file(&installation, &lines)], "");
    assert!(holds_within(LIMIT, || installation.sql(COUNT) > 0).await);
    assert!(installation.sql(COUNT) < USERS);
    let postgres = installation.servers().postgres;
    postgres.freeze();
    // Longer than the timeout of a statement.
    pause(Duration::from_secs(4)).await;
    postgres.thaw();
    import.finish(LIMIT).await.expect_success();
    assert_eq!(installation.sql(COUNT), USERS);
}

/// The peak of the resident memory of an import of so many users, in KiB.
#[cfg(target_os = "linux")]
async fn peak_of_import(users: usize) -> u64 {
    let installation = Installation::embedded().migrated().await;
    let lines: Vec<_> = (0..users).map(|n| line(&format!("user{n}@example.com"), &bcrypt())).collect();
    let mut process = installation.spawn(&["user", "import", file(&installation, &lines)], "");
    let (status, mut peak) = (format!("/proc/{}/status", process.id()), 0);
    while process.is_running() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let field = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = field.and_then(|kib| kib.parse().ok()).unwrap_or(peak).max(peak);
        pause(Duration::from_millis(5)).await;
    }
    let printed = process.finish(LIMIT).await.expect_success();
    assert!(printed.starts_with(&format!("imported: {users};")), "{printed}");
    peak
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_memory_of_an_import_does_not_grow_with_the_file() {
    let (few, many) = (peak_of_import(2_000).await, peak_of_import(40_000).await);
    assert!(few > 0 && many < few + 16 * 1_024, "{few} KiB for few users, {many} KiB for many");
}

/// The counters of the email: failures, the time until the next attempt, two daily counts, and known addresses.
async fn counters(server: &Server) -> Vec<String> {
    let status = server.cli(&["limit", "list", "--email", ALICE]).await.expect_success();
    status.lines().last().unwrap().split_whitespace().skip(1).map(str::to_owned).collect()
}

// S-27, S-91
#[tokio::test]
async fn a_deleted_user_leaves_no_session_and_no_counter() {
    for installation in installations().await {
        let server = Server::start_on(installation.with_user(ALICE).await.with_user(BOB).await).await;
        let (tokens, bob) = (server.log_in(ALICE).await, server.log_in(BOB).await);
        for address in 1..=10 {
            let failed =
                server.from_address(&format!("127.0.2.{address}")).login(ALICE, WRONG_PASSWORD).await;
            failed.expect_error(401, "invalid_credentials");
        }
        let counted = counters(&server).await;
        assert_eq!((&*counted[0], counted.last().unwrap().as_str()), ("10", "1"), "{counted:?}");
        let deleted = server.cli(&["user", "delete", ALICE]).await;
        assert!(deleted.stderr.contains("\"deleted\""), "{deleted:?}");
        assert_eq!(deleted.expect_success(), "the user is deleted; sessions ended: 1\n");

        assert!(!server.access_token_is_alive(&tokens.access).await);
        server.expect_dead(&tokens.refresh).await;
        assert_eq!(counters(&server).await, ["0", "-", "-", "-", "0"]);
        let rest: Vec<_> =
            listed(&server.installation).await.into_iter().map(|user| user["email"].clone()).collect();
        assert_eq!(rest, [BOB]);
        assert!(server.access_token_is_alive(&bob.access).await);

        let again = server.cli(&["user", "delete", ALICE]).await.expect_failure();
        assert!(again.contains("there is no user with this email"), "{again}");
        let recreated = ["user", "create", "--email", ALICE, "--password-stdin"];
        server.installation.cli(&recreated, PASSWORD).await.expect_success();
        server.log_in(ALICE).await;
        server.expect_dead(&tokens.refresh).await;
    }
}
