//! A small file system in memory, for tests of full disks.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounts the file system in place of the folder, which is copied there, and starts the program.
const MOUNT: &str = r#"
    folder=$1 size=$2
    shift 2
    copy=$(mktemp -d)
    cp -a "$folder/." "$copy"
    mount -t tmpfs -o "size=$size,mode=0700" tmpfs "$folder"
    cp -a "$copy/." "$folder/"
    rm -r "$copy"
    exec "$@"
"#;
const FILL: &str = "dd if=/dev/zero of=\"$1/fill\" bs=4096 2>/dev/null || true";
const EMPTY: &str = "rm \"$1/fill\"";

/// A file system in memory in place of a folder, in a mount namespace of one process. It ends with the process.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
    size: String,
}

impl SmallDisk {
    /// Creates a description of a file system of this size, such as `2m`.
    ///
    /// # Panics
    /// If the test may not mount.
    #[must_use]
    pub fn new(folder: &Path, size: &str) -> Self {
        let may_mount = Command::new("unshare").args(["--mount", "true"]).status();
        assert!(
            may_mount.is_ok_and(|status| status.success()),
            "a test of a full disk mounts a file system: run it as root (in a container, with CAP_SYS_ADMIN)"
        );
        Self { folder: folder.to_owned(), size: size.to_owned() }
    }

    /// Returns the command that starts the program in its last arguments on this file system.
    #[must_use]
    pub fn wrapper(&self) -> Vec<String> {
        let folder = self.folder.to_string_lossy().into_owned();
        let words = ["unshare", "--mount", "sh", "-euc", MOUNT, "sh", &folder, &self.size];
        words.map(str::to_owned).to_vec()
    }

    /// Fills the file system of the process.
    pub fn fill(&self, process: u32) {
        self.run(process, FILL);
    }

    /// Removes what [`fill`](Self::fill) has written.
    pub fn empty(&self, process: u32) {
        self.run(process, EMPTY);
    }

    /// Runs a script of `sh` in the mount namespace of the process. Its first argument is the folder.
    pub fn run(&self, process: u32, script: &str) {
        let process = process.to_string();
        let words = ["--mount", "--target", &process, "sh", "-euc", script, "sh"];
        let output = Command::new("nsenter").args(words).arg(&self.folder).output().expect("nsenter runs");
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
