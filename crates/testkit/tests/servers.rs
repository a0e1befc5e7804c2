//! The test servers start, freeze, resume, restart and stop.

use std::fs;

use auth_testkit::servers::{Certificates, PostgresServer, RedisServer, SmallDisk};

#[test]
fn redis_restarts_on_the_same_port_after_a_kill() {
    let server = RedisServer::start();
    assert_eq!(server.cli(&["SET", "key", "value"]), "OK");
    server.freeze();
    server.thaw();
    assert_eq!(server.cli(&["GET", "key"]), "value");
    let (port, id) = (server.port(), server.id());
    server.kill();
    server.start_again();
    assert_eq!((server.port(), server.cli(&["GET", "key"])), (port, String::new()));
    assert_ne!(server.id(), id);
}

#[test]
fn postgres_databases_are_separate_and_survive_a_kill() {
    let server = PostgresServer::start();
    let (one, other) = (server.database(), server.database());
    assert_eq!(
        one.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (7)").lines().last(),
        Some("INSERT 0 1")
    );
    assert_eq!(other.sql("SELECT count(*) FROM pg_tables WHERE tablename = 't'"), "0");
    server.freeze();
    server.thaw();
    server.kill();
    server.start_again();
    assert_eq!(one.sql("SELECT 1"), "1");
}

#[test]
fn a_promoted_standby_has_the_rows_of_its_primary() {
    let primary = PostgresServer::start();
    let database = primary.database();
    let standby = primary.start_standby("0");
    let _ = database.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
    standby.catch_up_with(&primary);
    primary.kill();
    standby.promote();
    assert_eq!(standby.sql(database.name(), "UPDATE t SET n = 8; SELECT n FROM t").lines().last(), Some("8"));
}

#[test]
#[ignore = "mounts a file system: run by `just interop`"]
fn a_small_disk_is_full_and_empty_for_its_process_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kept"), "before").unwrap();
    let disk = SmallDisk::new(folder.path(), "1m");
    let server = RedisServer::start_by(&disk.wrapper());
    disk.fill(server.id());
    disk.run(server.id(), "test \"$(cat \"$1/kept\")\" = before");
    disk.run(server.id(), "! dd if=/dev/zero of=\"$1/more\" bs=4096 count=1 2>/dev/null");
    disk.empty(server.id());
    disk.run(server.id(), "dd if=/dev/zero of=\"$1/more\" bs=4096 count=1 2>/dev/null");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn dropping_a_server_stops_it_and_removes_its_folder() {
    let server = RedisServer::start_with_tls(&Certificates::new());
    let (id, folder) = (server.id(), server.folder().to_owned());
    assert!(folder.is_dir() && fs::exists(format!("/proc/{id}")).unwrap());
    server.freeze();
    drop(server);
    assert!(!folder.exists() && !fs::exists(format!("/proc/{id}")).unwrap());
}
