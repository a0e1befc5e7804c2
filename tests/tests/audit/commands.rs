//! The records of commands.

use auth_e2e::audit::{audited, of, records};
use auth_e2e::{ALICE, BOB, Installation, PASSWORD};
use rustix::process::getuid;
use serde_json::Value;

// S-85
#[tokio::test]
async fn each_command_names_the_user_of_the_system() {
    let installation = audited(Installation::new()).with_user(ALICE).await;
    for (command, input) in [
        (&["user", "deactivate", ALICE][..], ""),
        (&["user", "activate", ALICE], ""),
        (&["user", "set-password", ALICE, "--password-stdin"], PASSWORD),
        (&["user", "delete", ALICE], ""),
    ] {
        installation.cli(command, input).await.expect_success();
    }
    installation.cli(&["user", "list"], "").await.expect_success();
    let records = records(&installation);
    let reasons: Vec<_> = records.iter().map(|record| record["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["created", "deactivated", "activated", "password_set", "deleted"]);
    for record in &records {
        assert_eq!(record["actor"]["kind"], "administrator", "{record}");
        assert_eq!(record["actor"]["os_user"]["uid"], getuid().as_raw(), "{record}");
        assert_eq!(record["subject"], records[0]["subject"]);
    }
}

// S-85
#[tokio::test]
async fn an_import_has_a_record_of_each_user_it_creates() {
    let installation = audited(Installation::new()).with_user(ALICE).await;
    let emails = (0..700).map(|number| format!("user{number}@example.net")).chain([ALICE.to_owned()]);
    let lines: Vec<_> =
        emails.map(|email| format!(r#"{{"email": "{email}", "password_hash": null}}"#)).collect();
    installation.cli(&["user", "import", "-"], &lines.join("\n")).await.expect_success();

    let records = records(&installation);
    let changed = of(&records, "user_changed");
    let imported = changed.iter().filter(|record| record["reason"] == "imported");
    let mut recorded: Vec<&str> =
        imported.map(|record| record["subject"]["user_id"].as_str().unwrap()).collect();
    let listed = installation.cli(&["user", "list", "--json"], "").await.expect_success();
    let users = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let users: Vec<_> = users.filter(|user| user["email"] != ALICE).collect();
    let mut created: Vec<&str> = users.iter().map(|user| user["id"].as_str().unwrap()).collect();
    recorded.sort_unstable();
    created.sort_unstable();
    assert_eq!(recorded, created);
    let summary = &of(&records, "users_imported")[0];
    assert_eq!((&summary["imported"], &summary["already_there"]), (&700.into(), &1.into()));
}

// S-85, S-93
#[tokio::test]
async fn a_command_changes_nothing_if_the_file_cannot_be_opened() {
    let installation = Installation::new().with_user(ALICE).await;
    let installation = audited(installation).set("AUDIT__FILE", "missing/audit.jsonl");
    let create = ["user", "create", "--email", BOB, "--password-stdin"];
    let message = installation.cli(&create, PASSWORD).await.expect_failure();
    assert!(message.contains("AUDIT__FILE") && message.contains("missing/audit.jsonl"), "{message}");
    let users = installation.cli(&["user", "list"], "").await.expect_success();
    assert!(!users.contains(BOB), "{users}");
    assert!(installation.rejects_to_serve().await.contains("AUDIT__FILE"));
}

// S-85
#[tokio::test]
async fn commands_write_their_records_to_standard_output() {
    let installation = Installation::new().with_user(ALICE).await.set("AUDIT__TARGET", "stdout");
    let printed = installation.cli(&["user", "deactivate", ALICE], "").await.expect_success();
    let lines: Vec<_> = printed.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{printed}");
    assert_eq!(auth_e2e::audit::record(lines[0])["reason"], "deactivated");
    assert!(printed.contains("can no longer log in"), "{printed}");
}
