//! The files of `deploy/` name settings that exist, and repeat nothing that differs elsewhere.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;

use auth_e2e::Installation;
use auth_e2e::documents::block;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PREFIX: &str = "HOOKSENTRY_AUTH__";
const FILES_WITH_SETTINGS: [&str; 4] = [
    "deploy/Dockerfile",
    "deploy/compose.yaml",
    "deploy/kubernetes/settings.yaml",
    "deploy/kubernetes/migrate.yaml",
];

#[tokio::test]
async fn every_setting_of_the_deployment_files_exists() {
    let texts = FILES_WITH_SETTINGS.map(read);
    let names: BTreeSet<&str> = texts.iter().flat_map(|text| settings_of(text)).collect();
    assert!(names.len() > 12, "{names:?}");
    let all = names.iter().fold(Installation::embedded(), |new, name| new.set(name, "nonsense"));
    let message = all.rejects_to_serve().await;
    assert!(!message.contains("there is no such setting"), "{message}");
}

// S-38
#[tokio::test]
async fn every_placeholder_of_the_secrets_is_rejected() {
    let example = read("deploy/kubernetes/secrets.example.yaml");
    let service = example.split("---").next().expect("the secret of the service");
    let placeholders: Vec<(&str, &str)> =
        service.lines().filter_map(|line| line.trim().strip_suffix('"')?.split_once(": \"")).collect();
    let names: Vec<&str> = placeholders.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["jwt-key", "admin", "postgres-url", "redis-url"]);
    let filled = |name: &str| match name {
        "jwt-key" => ("JWT__KEY", "9f2c84d1b7e3605a4c8d2f19e6b07a53d4819c6e2f7b30a58c1d94e7f6a2b3c5"),
        "admin" => ("ADMIN__SECRET", "3b8e5d07c2a9416f80e7d4b1c5f29a6380d7e4c1b9f2a5630e8d7c4b1f9a2e56"),
        "postgres-url" => ("POSTGRES__URL", "postgres://hooksentry_auth:secret@127.0.0.1:1/hooksentry"),
        "redis-url" => ("REDIS__URL", "redis://hooksentry-auth:secret@127.0.0.1:1"),
        other => panic!("{other} has no setting"),
    };
    for (rejected, placeholder) in &placeholders {
        let base = Installation::embedded()
            .with_admin()
            .set("CREDENTIALS__BACKEND", "postgres")
            .set("TOKENS__BACKEND", "redis");
        let installation = names.iter().fold(base, |new, name| {
            let (setting, value) = filled(name);
            new.set(setting, if name == rejected { placeholder } else { value })
        });
        let message = installation.rejects_to_serve().await;
        assert!(message.contains("the configuration cannot be used"), "{rejected}: {message}");
        assert!(message.contains(filled(rejected).0), "{rejected}: {message}");
        assert_eq!(message.matches("\n  - ").count(), 1, "{rejected}: {message}");
    }
}

// S-87
#[test]
fn the_redis_user_has_the_rights_of_the_readme() {
    let documented = rights(
        &read("crates/adapter-redis/README.md"),
        "redis-cli ACL SETUSER hooksentry-auth on '>PASSWORD'",
    );
    assert!(documented.len() > 25, "{documented:?}");
    let script = read("deploy/create-secrets");
    let user = script.lines().find(|line| line.starts_with("user hooksentry-auth ")).expect("the user");
    let (_, granted) = user.split_once(") ").expect("the end of the digest");
    assert_eq!(granted.split(' ').collect::<Vec<_>>(), documented);
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_workspace() {
    let toolchain = read("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).expect("a channel");
    let image = format!("FROM rust:{}-slim-bookworm AS build", channel.trim_matches('"'));
    assert!(read("deploy/Dockerfile").lines().any(|line| line == image), "{image}");
}

#[test]
fn the_image_is_built_from_every_file_that_cargo_reads() {
    let list = read("deploy/Dockerfile.dockerignore");
    let copied: BTreeSet<&str> = list.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let manifest = read("Cargo.toml");
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).expect("the members");
    let folders = members.split('"').skip(1).step_by(2).filter_map(|member| member.split('/').next());
    for name in
        [".cargo/config.toml", "Cargo.lock", "Cargo.toml", "rust-toolchain.toml"].into_iter().chain(folders)
    {
        assert!(copied.contains(name), "{name} is not in {copied:?}");
    }
    assert!(copied.iter().all(|name| fs::exists(format!("{FOLDER}/{name}")).expect("a readable folder")));
}

#[test]
fn the_pod_monitor_names_the_job_of_the_alerts() {
    let monitor = read("deploy/kubernetes/pod-monitor.yaml");
    let label = value(&monitor, "jobLabel: ");
    let deployment = read("deploy/kubernetes/deployment.yaml");
    let (_, template) = deployment.split_once("  template:").expect("the template of the pods");
    let labels = value(template, "labels: ");
    assert_eq!(value(&monitor, "matchLabels: "), labels, "the pods are not selected");
    let job = value(labels, &format!("{label}: ")).split(',').next().expect("the value");
    let alerts = read("deploy/prometheus/alerts.yml");
    assert!(alerts.contains(&format!("absent(up{{job=\"{job}\"}})")), "{job}");
    assert!(deployment.contains(&format!("name: {},", value(&monitor, "port: "))), "{monitor}");
}

#[test]
fn the_deployment_page_grants_rights_before_it_starts_instances() {
    let order = |steps: &[&str]| {
        let found = block("deployment.md", "sh", steps.last().expect("a step"));
        let places: Vec<_> = steps.iter().map(|step| found.find(step)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{steps:?} in {found}");
    };
    order(&["run --rm migrate", "run --rm grants", "up --detach --no-deps"]);
    order(&[
        "migrate.yaml",
        "kubectl wait",
        "deploy/postgres/grants.sql",
        "apply --kustomize",
        "rollout status",
    ]);
    order(&["config.toml migrate", "postgres/grants.sql", "auth doctor", "systemctl restart"]);
}

#[test]
fn the_operations_page_has_the_grants_of_the_deployment() {
    let page = read("docs/operations.md");
    let file = read("deploy/postgres/grants.sql");
    let grants: Vec<&str> = file.lines().filter(|line| !line.starts_with("--")).collect();
    assert!(grants.len() > 3, "{file}");
    assert!(page.contains(&grants.join("\n")), "{file}");
}

#[test]
fn the_proxy_of_the_compose_file_is_trusted() {
    let compose = read("deploy/compose.yaml");
    let trusted = value(&compose, "HOOKSENTRY_AUTH__HTTP__TRUSTED_PROXIES: ");
    assert_eq!(trusted, value(&compose, "ipv4_address: "));
}

#[tokio::test]
async fn the_settings_of_the_debian_package_are_valid() {
    let file = format!("{FOLDER}/deploy/debian/config.toml");
    let installation = Installation::embedded();
    installation.cli(&["--config", &file, "migrate"], "").await.expect_success();
    // Every line that is commented out is a setting as well.
    let text = read("deploy/debian/config.toml");
    let is_setting = |line: &&str| line.starts_with('[') || line.contains(" = ");
    let lines = text.lines().map(|line| line.strip_prefix("# ").filter(is_setting).unwrap_or(line));
    let all = lines.collect::<Vec<_>>().join("\n");
    let path = installation.folder().join("all.toml");
    fs::write(&path, all).expect("a writable folder");
    let message =
        installation.cli(&["--config", &path.to_string_lossy(), "doctor"], "").await.expect_failure();
    assert!(message.contains("jwt.key_file") && message.contains("redis.url_file"), "{message}");
    assert!(!message.contains("there is no such setting"), "{message}");
}

/// Returns the rest of the first line with `name`, without brackets.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.split_once(name)).expect("a line");
    line.1.trim_matches(['{', ' ', '}'])
}

/// Returns the settings that a text names, without the prefix.
fn settings_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(PREFIX).skip(1).map(|rest| {
        let end =
            rest.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(rest.len());
        rest.get(..end).expect("a name")
    })
}

/// Returns the words after `start` in a command of several lines.
fn rights(page: &str, start: &str) -> Vec<String> {
    let (_, rest) = page.split_once(start).expect("the command");
    let (command, _) = rest.split_once("\n```").expect("the end of the block");
    command
        .split_whitespace()
        .filter(|word| *word != "\\")
        .map(|word| word.trim_matches('\'').to_owned())
        .collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{name}")).expect("a file of the repository")
}
