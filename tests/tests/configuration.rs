//! Settings that cannot work stop the start: with a clear message, an exit code, and no file changed.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::net::TcpListener;

use auth_e2e::{ALICE, Installation, PASSWORD, Server, jwt};

#[tokio::test]
async fn every_problem_is_reported_at_once_with_the_name_of_its_setting() {
    let bad = [
        ("HTTP__LISTEN", "nonsense"),
        ("HTTP__TRUSTED_PROXIES", "10.0.0.0/99"),
        ("HTTP__CLIENT_ADDRESS_HEADER", "x-real-ip"),
        ("TOKENS__ACCESS_TTL", "0s"),
        ("TOKENS__REFRESH_TTL", "soon"),
        ("TOKENS__MAX_SESSIONS", "0"),
        ("LOGIN_LIMIT__MAX_FAILURES", "many"),
        ("PASSWORD__LEGACY", "perhaps"),
        ("CREDENTIALS__BACKEND", "oracle"),
        ("LOG__FORMAT", "xml"),
        ("LOG__FILTER", "inof"),
        ("TOKENS__REUSE_LEEWAY", "1h"),
        ("HTTP__DRAIN_DELAY", "1h"),
        ("LISTEN", "127.0.0.1:1"),
    ];
    let installation = bad.iter().fold(Installation::new(), |new, (name, value)| new.set(name, value));
    let message = installation.rejects_to_serve().await;
    for (name, _) in bad {
        assert!(message.contains(&format!("HOOKSENTRY_AUTH__{name}")), "{name} is not named:\n{message}");
    }
    assert!(!installation.data_dir().exists(), "a directory was created despite wrong settings");
}

// S-95
#[tokio::test]
async fn a_range_of_proxies_is_a_warning_and_all_addresses_are_rejected() {
    let everybody = Installation::embedded().set("HTTP__TRUSTED_PROXIES", "10.0.0.1, 0.0.0.0/0");
    let message = everybody.rejects_to_serve().await;
    assert!(names(&message, "HTTP__TRUSTED_PROXIES") && message.contains("half of all IPv4"), "{message}");

    let ranges = Installation::embedded().set("HTTP__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.0/24, 10.0.0.1");
    let server = Server::start_on(ranges.with_user(ALICE).await).await;
    let doctor = server.cli(&["doctor"]).await.stdout;
    let (_, finished) = server.stop().await;
    for warning in ["10.0.0.0/8 is not a single address", "192.0.2.0/24 is public"] {
        assert!(doctor.contains(&format!("warning  HTTP__TRUSTED_PROXIES: {warning}")), "{doctor}");
        assert!(finished.stderr.contains(warning), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let file = "[tokens]\naccess_ttl = \"2m\"\nreuse_leeway = \"3s\"\n[jwt]\nissuer = \"from-the-file\"\n";
    let installation = Installation::new().set("TOKENS__ACCESS_TTL", "3m").with_user(ALICE).await;
    fs::write(installation.folder().join("my.toml"), file).unwrap();
    let process = installation.spawn(&["--config", "my.toml", "serve"], "");
    let server = Server::adopt(installation, process).await;
    let reply = server.login(ALICE, PASSWORD).await;
    assert_eq!(reply.json()["expiresIn"], 180);
    let claims = jwt::claims(&reply.tokens().access);
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str()),
        (Some("from-the-file"), Some("hooksentry-client"))
    );
}

#[tokio::test]
async fn unknown_names_and_broken_files_are_rejected() {
    let installation = Installation::new();
    let path = installation.folder().join("my.toml");
    for (text, culprit) in [
        ("[tokens]\naccess_tll = \"2m\"", "access_tll"),
        ("[token]\naccess_ttl = \"2m\"", "token"),
        ("listen = \"127.0.0.1:1\"", "listen"),
        ("[tokens\naccess_ttl = ", "my.toml"),
    ] {
        fs::write(&path, text).unwrap();
        let message = installation.cli(&["serve", "--config", "my.toml"], "").await.expect_failure();
        assert!(message.contains(culprit) && message.contains("my.toml"), "{message}");
    }
    let message = installation.cli(&["serve", "--config", "absent.toml"], "").await.expect_failure();
    assert!(message.contains("absent.toml"), "{message}");
}

#[tokio::test]
async fn a_port_in_use_is_rejected_before_a_password_is_printed() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let installation = Installation::embedded().set("HTTP__LISTEN", &address);
    let finished = installation.cli(&["serve"], "").await;
    assert!(!finished.stdout.contains("password"), "{}", finished.stdout);
    let message = finished.expect_failure();
    assert!(message.contains(&address) && message.contains("HTTP__LISTEN"), "{message}");

    drop(taken);
    let process = installation.spawn(&["serve"], "");
    assert!(process.prints("password").await.contains("password"));
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_created_is_rejected() {
    let installation = Installation::embedded().set("DATA_DIR", "file/data");
    fs::write(installation.folder().join("file"), "not a folder").unwrap();
    for args in [&["serve"][..], &["user", "list"], &["migrate"]] {
        let message = installation.cli(args, "").await.expect_failure();
        assert!(message.contains("DATA_DIR") && message.contains("file/data"), "{message}");
    }
    assert_eq!(fs::read_to_string(installation.folder().join("file")).unwrap(), "not a folder");
}

#[tokio::test]
async fn a_corrupted_database_is_rejected_and_left_as_it_is() {
    let (installation, _) =
        Server::start_on(Installation::embedded().with_user(ALICE).await).await.stop().await;
    let database = installation.database();
    let name = database.file_name().unwrap().to_string_lossy().into_owned();
    let sound = fs::read(&database).unwrap();

    let text = b"this was a database once, and somebody wrote over it with an editor".repeat(200);
    let head_only = [&text[..1_024], &sound[1_024..]].concat();
    for broken in [text.clone(), head_only] {
        fs::write(&database, &broken).unwrap();
        for args in [&["serve"][..], &["user", "list"]] {
            let message = installation.cli(args, "").await.expect_failure();
            assert!(message.contains(&name), "{message}");
        }
        assert!(fs::read(&database).unwrap() == broken, "the file was changed");
    }
    fs::write(&database, &sound).unwrap();
    Server::start_on(installation).await.log_in(ALICE).await;
}

#[tokio::test]
async fn a_database_with_a_broken_page_does_not_panic() {
    let (installation, _) =
        Server::start_on(Installation::embedded().with_user(ALICE).await).await.stop().await;
    let database = installation.database();
    let mut file = OpenOptions::new().write(true).open(&database).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(4_096.min(length / 2))).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length / 2).unwrap()]).unwrap();
    drop(file);
    let message = installation.rejects_to_serve().await;
    assert!(message.contains(&*database.file_name().unwrap().to_string_lossy()), "{message}");
}

// S-38
#[tokio::test]
async fn a_weak_signing_key_is_rejected_and_never_shown() {
    for weak in [
        "only-31-bytes-are-in-this-key-x",
        "a-string-secret-at-least-256-bits-long",
        "abababababababababababababababababababab",
        "1234567123456712345671234567123456712345",
    ] {
        let message = Installation::new().set("JWT__KEY", weak).rejects_to_serve().await;
        assert!(names(&message, "JWT__KEY"), "{message}");
        assert!(!message.contains(weak), "{message}");
    }
    let previous = Installation::new().set("JWT__PREVIOUS_KEYS", "short").rejects_to_serve().await;
    assert!(names(&previous, "JWT__PREVIOUS_KEYS"), "{previous}");
}

// S-01
#[tokio::test]
async fn weak_password_hashing_is_rejected() {
    for (name, value) in [("PASSWORD__MEMORY_KIB", "19455"), ("PASSWORD__ITERATIONS", "1")] {
        let message = Installation::new().set(name, value).rejects_to_serve().await;
        assert!(names(&message, name) || names(&message, "PASSWORD__MEMORY_KIB"), "{message}");
    }
}

// S-40
#[tokio::test]
async fn a_secret_may_come_from_a_file() {
    let key = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
    let installation = Installation::new().set("JWT__KEY_FILE", "secret");
    fs::write(installation.folder().join("secret"), format!("{key}\n")).unwrap();
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let access = server.log_in(ALICE).await.access;
    assert!(jwt::is_signed_by(&access, key.as_bytes()));

    // The name of a file is printed only with an existing directory: otherwise it may be a secret.
    let installation = Installation::new();
    let absent = installation.folder().join("absent").to_string_lossy().into_owned();
    let message = installation.set("JWT__KEY_FILE", &absent).rejects_to_serve().await;
    assert!(message.contains("JWT__KEY_FILE") && message.contains(&absent), "{message}");
}

/// Settings are named as in the environment or as in the file.
fn names(message: &str, setting: &str) -> bool {
    message.contains(setting) || message.contains(&setting.to_lowercase().replace("__", "."))
}
