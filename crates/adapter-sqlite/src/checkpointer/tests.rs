//! Checkpoints that fail.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use auth_domain::ports::Clock;
use auth_testkit::TestClock;
use crossbeam_channel::bounded;
use diesel::connection::SimpleConnection;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::checkpoint::Progress;
use crate::config::{OpenMode, SqliteConfig};
use crate::connection::{Role, connect};
use crate::database::SqliteDatabase;
use crate::job_queue::job_queue;
use crate::writer::Writer;

#[test]
fn a_failed_checkpoint_is_logged_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    let _database =
        SqliteDatabase::open(&SqliteConfig::new(&path), OpenMode::default(), TestClock::new()).unwrap();
    let mut connection = connect(path.to_str().unwrap(), Role::Checkpointer).unwrap();
    // A connection with a transaction cannot checkpoint.
    connection.batch_execute("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();

    let files = files(path.to_str().unwrap());
    let log = run(connection, &files, 2);
    assert_eq!(log.matches("checkpoint_failed").count(), 2, "{log}");
    assert!(log.contains("locked"), "{log}");

    let connection = connect(path.to_str().unwrap(), Role::Checkpointer).unwrap();
    assert_eq!(run(connection, &files, 2), "");
}

/// Serves so many requests on this thread, and returns the log.
fn run(connection: SqliteConnection, files: &Arc<StoreFiles>, count: usize) -> String {
    let (requests, received) = bounded(count);
    for _ in 0..count {
        requests.send(()).unwrap();
    }
    drop(requests);
    let (running, _) = bounded(0);
    let interval = Duration::from_hours(1);
    let (files, restart) = (files.clone(), Restart::default());
    let checkpointer = Checkpointer {
        connection,
        files,
        interval,
        restart,
        growth: LogGrowth::default(),
        _running: running,
    };
    logged(|| checkpointer.run(&received))
}

/// Returns what the work logs.
fn logged(work: impl FnOnce()) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

/// The files of an open database.
fn files(path: &str) -> Arc<StoreFiles> {
    Arc::new(StoreFiles::open(path.as_ref(), None, None).unwrap())
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Another thread never reaches the end of the log while the writer writes, so the writer copies the last pages.
#[test]
fn the_writer_restarts_the_log_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db").to_str().unwrap().to_owned();
    drop(SqliteDatabase::open(&SqliteConfig::new(&path), OpenMode::default(), TestClock::new()).unwrap());
    let clock = TestClock::new();
    let (queue, threads) = job_queue();
    let restart = Restart::default();
    let (requests, _received) = bounded(1);
    let connection = connect(&path, Role::Writer).unwrap();
    let writer =
        Writer::new(connection, path.clone(), files(&path), clock.clone(), requests, restart.clone());
    let jobs = threads.jobs.clone();
    threads.start("writer", move || writer.run(&jobs)).unwrap();
    // A request while the job runs is served after its group.
    let write_and = |rows: usize, request: fn(&Restart)| {
        let statement =
            "INSERT INTO tenants VALUES (randomblob(16), hex(randomblob(100)), 0, 0);".repeat(rows);
        let restart = restart.clone();
        let work = move |connection: &mut SqliteConnection| {
            request(&restart);
            Ok(connection.batch_execute(&statement)?)
        };
        queue.submit(clock.instant() + Duration::from_secs(5), work).unwrap().blocking().unwrap();
    };
    let write = |rows| write_and(rows, |_| {});
    let mut reader = connect(&path, Role::Checkpointer).unwrap();

    write(1_000);
    write(1);
    let pages = checkpoint(&mut reader).unwrap().log;
    assert!(pages > 20, "{pages} pages are too few for this test");
    write(1_000);
    write_and(1_000, Restart::request);
    write(1);
    let pages = checkpoint(&mut reader).unwrap().log;
    assert!(pages < 20, "the log has {pages} pages");
}

/// The writer would copy the whole log between two groups when the reader ends.
#[test]
fn the_writer_is_not_asked_to_copy_a_log_that_a_reader_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db").to_str().unwrap().to_owned();
    drop(SqliteDatabase::open(&SqliteConfig::new(&path), OpenMode::default(), TestClock::new()).unwrap());
    let [mut reader, mut writer] =
        [Role::Checkpointer, Role::Writer].map(|role| connect(&path, role).unwrap());
    let connection = connect(&path, Role::Checkpointer).unwrap();
    let (running, _) = bounded(0);
    let (interval, restart) = (Duration::from_hours(1), Restart::default());
    let files = files(&path);
    let mut checkpointer = Checkpointer {
        connection,
        files,
        interval,
        restart: restart.clone(),
        growth: LogGrowth::default(),
        _running: running,
    };

    reader.batch_execute("BEGIN; SELECT count(*) FROM tenants").unwrap();
    writer
        .batch_execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 15000)
             INSERT INTO tenants SELECT randomblob(16), hex(randomblob(1000)), 0, 0 FROM n",
        )
        .unwrap();
    checkpointer.checkpoint().unwrap();
    assert!(!restart.take());
    reader.batch_execute("COMMIT").unwrap();
    checkpointer.checkpoint().unwrap();
    assert!(restart.take(), "the log is copied, and the next write restarts it");
}

#[test]
fn a_log_that_another_program_holds_is_reported_at_each_doubling() {
    let log = logged(|| {
        let mut growth = LogGrowth::default();
        for pages in [LONG - 1, LONG, LONG + 1, 2 * LONG, 10, LONG] {
            growth.note(Progress { log: pages, checkpointed: 0 });
        }
    });
    assert_eq!(log.matches("another program keeps a transaction open").count(), 3, "{log}");
    assert!(log.contains("has 128 MiB"), "{log}");
}
