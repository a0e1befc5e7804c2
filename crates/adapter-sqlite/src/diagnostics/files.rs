//! Checks of the file system and of the length of the write-ahead log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use auth_domain::ports::Check;
use rustix::fs::statfs;

use crate::checkpointer::LONG;
use crate::config::SqliteConfig;

/// File systems of other machines, by their number in `statfs(2)`.
const NETWORK: [(u32, &str); 8] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x0bd0_0bd0, "Lustre"),
];

const PAGE: u64 = 4_096;

/// Checks the files of the embedded store.
///
/// # Errors
/// If the file system cannot be asked.
pub fn diagnose_files(config: &SqliteConfig) -> io::Result<Vec<Check>> {
    let number = u32::try_from(statfs(&config.path)?.f_type & 0xffff_ffff).unwrap_or_default();
    let mut log = config.path.clone().into_os_string();
    log.push("-wal");
    Ok([file_system(&config.path, number), log_length(&PathBuf::from(log))].into_iter().flatten().collect())
}

/// Warns about a file system of another machine: locks can be lost there, and the write-ahead log needs shared memory
/// (<https://sqlite.org/wal.html>).
fn file_system(path: &Path, number: u32) -> Option<Check> {
    let (_, name) = NETWORK.into_iter().find(|(network, _)| *network == number)?;
    Some(Check::warning(format!(
        "{} is on {name}, a file system of another machine: if a lock is lost there, two programs damage the file; set DATA_DIR to a \
         directory on a local disk or a block volume",
        path.display()
    )))
}

fn log_length(path: &Path) -> Option<Check> {
    let length = fs::metadata(path).ok()?.len();
    let is_long = length > LONG.unsigned_abs() * PAGE;
    is_long.then(|| {
        Check::warning(format!(
            "{} has {} MiB, because another program keeps a transaction open on auth.db; find it with `fuser` or `lsof`, and end it",
            path.display(),
            length >> 20
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_file_system_of_another_machine_is_a_warning() {
        let path = Path::new("/data/auth.db");
        let check = file_system(path, 0x6969).unwrap();
        assert!(check.text.starts_with("/data/auth.db is on NFS"), "{}", check.text);
        // ext4, tmpfs, overlayfs, XFS
        for local in [0xef53, 0x0102_1994, 0x794c_7630, 0x5846_5342] {
            assert_eq!(file_system(path, local), None);
        }
    }

    #[test]
    fn a_long_write_ahead_log_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let config = SqliteConfig::new(folder.path().join("auth.db"));
        File::create(&config.path).unwrap();
        let log = File::create(folder.path().join("auth.db-wal")).unwrap();
        log.set_len(64 << 20).unwrap();
        assert_eq!(diagnose_files(&config).unwrap(), []);
        log.set_len((64 << 20) + 1).unwrap();
        let [check] = diagnose_files(&config).unwrap().try_into().unwrap();
        assert!(check.text.contains("auth.db-wal has 64 MiB"), "{}", check.text);
    }
}
