use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{PipeReader, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::time::Duration;

use auth_domain::model::{SessionId, UserId};
use serde_json::Value;
use tempfile::tempdir;
use uuid::Uuid;

use super::counts::Counts;
use super::*;

const SCHEMA: &str = include_str!("../../../../docs/audit.schema.json");
/// More records than a pipe, a batch and the queue hold.
const MANY: usize = 12_000;
const LONG: Duration = Duration::from_secs(20);

fn started() -> Occurrence<'static> {
    Occurrence::new(SecurityEvent::Started, Actor::Service)
}

fn json(occurrence: &Occurrence<'_>) -> Value {
    serde_json::from_slice(&record_line(occurrence, &Source::Service)).unwrap()
}

fn events(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn written(counts: &Counts) -> bool {
    counts.wait(LONG) == 0 && counts.lost() == 0
}

fn problem_of(path: &Path) -> String {
    Target::file(path.to_owned()).map(drop).unwrap_err().to_string()
}

// S-85
#[test]
fn the_schema_lists_exactly_the_events_of_the_program() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let listed: Vec<_> = schema["properties"]["event"]["enum"].as_array().unwrap().iter().collect();
    let names: Vec<_> = SecurityEvent::ALL.iter().map(|kind| kind.event().name()).collect();
    assert_eq!(listed, names);
    for kind in SecurityEvent::ALL {
        let members = &schema["$defs"][kind.event().name()]["properties"];
        assert_eq!(members["event"]["const"], kind.event().name());
        assert_eq!(members["outcome"]["const"], serde_json::to_value(kind.outcome()).unwrap(), "{kind:?}");
    }
}

// S-85
#[test]
fn records_name_the_request_the_actor_and_the_subject() {
    let user_id = UserId::from_uuid(Uuid::from_u128(1));
    let event = Occurrence::new(SecurityEvent::RefreshReuseDetected, Actor::Anonymous).user(user_id);
    let event = event.session(SessionId::from_uuid(Uuid::from_u128(2))).reason(&"reuse_detected");
    let client = Some(auth_domain::model::ClientAddress::new("2001:db8:1:2:3::4".parse().unwrap()));
    let line = record_line(&event, &Source::Request { client, id: Some("id-1".into()) });
    assert!(line.ends_with(b"\n"));
    let record: Value = serde_json::from_slice(&line).unwrap();
    for (pointer, value) in [
        ("/event", "refresh_reuse_detected"),
        ("/outcome", "failure"),
        ("/reason", "reuse_detected"),
        ("/actor/kind", "anonymous"),
        ("/subject/user_id", "00000000-0000-0000-0000-000000000001"),
        ("/session_id", "00000000-0000-0000-0000-000000000002"),
        ("/address", "2001:db8:1:2::"),
        ("/request_id", "id-1"),
    ] {
        assert_eq!(record.pointer(pointer).unwrap(), value, "{record}");
    }
    let id = |record: &Value| record["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    assert_eq!(id(&record).get_version_num(), 7);
    assert!(id(&json(&started())) != id(&json(&started())));
}

// S-85
#[test]
fn a_file_is_created_for_its_owner_and_appended_to() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    for count in 1..=2 {
        let stream = Stream::start(Target::file(path.clone()).unwrap()).unwrap();
        stream.offer(record_line(&started(), &Source::Service), false);
        assert!(written(stream.counts()));
        assert_eq!(events(&fs::read_to_string(&path).unwrap()).len(), count);
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

// S-85
#[test]
fn a_line_that_was_cut_gets_its_line_break() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    fs::write(&path, "{\"cut").unwrap();
    let mut target = Target::file(path.clone()).unwrap();
    for line in [b"1\n", b"2\n"] {
        let (length, result) = target.append(line);
        assert_eq!((length, result.is_ok()), (2, true));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"cut\n1\n2\n");
}

// S-85
#[test]
fn a_file_that_was_moved_or_deleted_is_created_again() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let stream = Stream::start(Target::file(path.clone()).unwrap()).unwrap();
    let offer = || {
        stream.offer(record_line(&started(), &Source::Service), false);
        assert!(written(stream.counts()));
    };
    offer();
    let moved = folder.path().join("audit.jsonl.1");
    fs::rename(&path, &moved).unwrap();
    offer();
    assert_eq!([&moved, &path].map(|path| events(&fs::read_to_string(path).unwrap()).len()), [1, 1]);
    fs::remove_file(&path).unwrap();
    offer();
    offer();
    assert_eq!(events(&fs::read_to_string(&path).unwrap()).len(), 2);
}

// S-85
#[test]
fn a_line_that_another_program_left_cut_destroys_no_record() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut target = Target::file(path.clone()).unwrap();
    assert!(target.append(b"1\n").1.is_ok());
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"cut").unwrap();
    assert!(target.append(b"2\n").1.is_ok());
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n{\"cut\n2\n");
}

// S-85
#[test]
fn a_moved_file_stays_in_use_while_its_path_cannot_be_opened() {
    let folder = tempdir().unwrap();
    let [path, moved] = ["audit.jsonl", "moved"].map(|name| folder.path().join(name));
    let stream = Stream::start(Target::file(path.clone()).unwrap()).unwrap();
    let offer = || {
        stream.offer(record_line(&started(), &Source::Service), false);
        assert!(written(stream.counts()));
    };
    fs::rename(&path, &moved).unwrap();
    symlink("elsewhere", &path).unwrap();
    stream.reopen();
    offer();
    assert_eq!(events(&fs::read_to_string(&moved).unwrap()).len(), 1);
    assert!(stream.counts().error().unwrap().contains("symbolic link"));
    fs::remove_file(&path).unwrap();
    offer();
    assert_eq!(events(&fs::read_to_string(&path).unwrap()).len(), 1);
    assert_eq!(stream.counts().error(), None);
}

// S-85
#[test]
fn a_file_that_root_creates_belongs_to_the_owner_of_its_folder() {
    let folder = tempdir().unwrap();
    // Only root can give a folder away, and only root has to give the file away.
    let me = rustix::process::geteuid();
    let owner = if me.is_root() { 65_534 } else { me.as_raw() };
    chown(folder.path(), Some(owner), None).unwrap();
    let path = folder.path().join("audit.jsonl");
    drop(Target::file(path.clone()).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().uid(), owner);
}

// S-85
#[test]
fn links_pipes_and_files_that_others_can_write_are_rejected() {
    let folder = tempdir().unwrap();
    let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
    symlink(&file, &link).unwrap();
    assert!(problem_of(&link).contains("symbolic link"), "a link to nothing");
    File::create(&file).unwrap();
    assert!(problem_of(&link).contains("symbolic link"));
    fs::set_permissions(&file, Permissions::from_mode(0o620)).unwrap();
    assert!(problem_of(&file).contains("chmod go-w"));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::hard_link(&file, folder.path().join("other")).unwrap();
    assert!(problem_of(&file).contains("another name"));
    assert!(problem_of(Path::new("/dev/full")).contains("not a regular file"));
    assert!(!problem_of(folder.path()).is_empty());
    assert!(!problem_of(&folder.path().join("missing/file")).is_empty());
}

/// Returns a stream into a pipe that is not read, and its reader.
fn into_a_pipe() -> (PipeReader, Stream) {
    let (reader, writer) = pipe().unwrap();
    (reader, Stream::start(Target::of_descriptor(OwnedFd::from(writer).into())).unwrap())
}

// S-93
#[test]
fn a_stuck_target_loses_records_beyond_the_queue_and_reports_them() {
    let (mut reader, stream) = into_a_pipe();
    let line = record_line(&started(), &Source::Service);
    for _ in 0..MANY {
        stream.offer(line.clone(), false);
    }
    assert!(stream.counts().wait(Duration::from_millis(10)) > 0);
    let lost = stream.counts().lost();
    assert!(lost > 0);
    let mut text = String::new();
    let is_complete = |text: &str| {
        let lines = text.matches('\n').count();
        text.contains("audit_events_lost") && lines as u64 > MANY as u64 - lost
    };
    while !is_complete(&text) {
        let mut part = [0; 8_192];
        let length = reader.read(&mut part).unwrap();
        text.push_str(str::from_utf8(&part[..length]).unwrap());
    }
    let records = events(&text);
    let reports: Vec<_> = records.iter().filter(|record| record["event"] == "audit_events_lost").collect();
    assert_eq!((reports[0]["count"].as_u64(), reports[0]["total"].as_u64()), (Some(lost), Some(lost)));
    assert_eq!(stream.counts().wait(LONG), 0);
    assert_eq!(stream.counts().written() + lost, MANY as u64);
}

// S-93
#[test]
fn a_flood_of_rejections_leaves_places_for_other_records() {
    let (_reader, stream) = into_a_pipe();
    let line = record_line(&started(), &Source::Service);
    for _ in 0..MANY {
        stream.offer(line.clone(), true);
    }
    let lost = stream.counts().lost();
    assert!(lost > 0);
    for _ in 0..1_000 {
        stream.offer(line.clone(), false);
    }
    assert_eq!(stream.counts().lost(), lost);
}

// S-93
#[test]
fn a_broken_target_keeps_its_error_until_it_works() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let stream = Stream::start(Target::of_descriptor(full)).unwrap();
    stream.offer(record_line(&started(), &Source::Service), false);
    assert_eq!(stream.counts().wait(Duration::from_millis(200)), 1, "it is neither written nor lost");
    assert!(stream.counts().error().unwrap().contains("No space left"));
    stream.counts().lose_pending();
    assert_eq!((stream.counts().lost(), stream.counts().written()), (1, 0));
}

// S-85
#[test]
fn a_pipe_gets_whole_lines_in_each_write() {
    let line = |length: usize| [vec![b'x'; length - 1], b"\n".to_vec()].concat();
    let part = |lines: &[Vec<u8>]| target::whole_lines(&lines.concat()).len();
    assert_eq!(part(&[line(1_000), line(1_000)]), 2_000);
    assert_eq!(part(&[line(4_000), line(96), line(10)]), 4_096);
    assert_eq!(part(&[line(4_000), line(97), line(10)]), 4_000);
    assert_eq!(part(&[line(5_000), line(10)]), 5_000, "a line that is too long");
}
