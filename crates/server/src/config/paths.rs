//! Reading paths of files that adapters read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::reader::{ProblemNoted, Reader};
use super::secret_file::{path_in_message, printable_path};
use super::taken::Content;
use super::trusted_file::TrustedFile;
use super::values;

impl Reader {
    /// Takes the path of a file that an adapter reads. It is a problem if others can write the file.
    pub(super) fn path(&mut self, key: &str) -> Result<Option<PathBuf>, ProblemNoted> {
        self.path_of_file(key, false)
    }

    /// Like [`path`](Self::path), and notes if every user of the machine can read the file.
    pub(super) fn secret_path(&mut self, key: &str) -> Result<Option<PathBuf>, ProblemNoted> {
        self.path_of_file(key, true)
    }

    fn path_of_file(&mut self, key: &str, is_secret: bool) -> Result<Option<PathBuf>, ProblemNoted> {
        let Some(origin) = self.settings.get(key).map(|raw| raw.origin.clone()) else { return Ok(None) };
        let path = self.optional(key, values::path);
        self.taken.insert(key.to_owned(), Content::Path);
        let path = path.ok_or(ProblemNoted)?;
        self.check_file(&origin, &path, is_secret)?;
        self.check_name(&origin, &path)?;
        Ok(Some(path))
    }

    /// Notes a problem if a file cannot be opened and its name may be a secret. The adapter would print it.
    fn check_name(&mut self, origin: &str, path: &Path) -> Result<(), ProblemNoted> {
        let text = path.to_string_lossy();
        let (None, Err(error)) = (printable_path(&text), TrustedFile::open(path)) else { return Ok(()) };
        self.add_problem(format!(
            "{origin}: {} cannot be read: {error}; correct the path, the file or its permissions",
            path_in_message(&text)
        ));
        Err(ProblemNoted)
    }

    /// Notes a problem if others can write a file that an adapter reads, and if every user of the machine can read a secret in it.
    pub(super) fn check_file(
        &mut self,
        origin: &str,
        path: &Path,
        is_secret: bool,
    ) -> Result<(), ProblemNoted> {
        let (file, text) = (TrustedFile::open(path), path.to_string_lossy());
        let problem = match &file {
            Ok(file) => file.problem(),
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                Some(format!("cannot be read: {error}; correct the path"))
            }
            // The adapter reports it.
            Err(_) => None,
        };
        if let Some(problem) = problem {
            self.add_problem(format!("{origin}: {} {problem}", path_in_message(&text)));
            return Err(ProblemNoted);
        }
        if is_secret && file.is_ok_and(|file| file.is_readable_by_all()) {
            self.readable_secrets.push(format!("{origin}: {}", path_in_message(&text)));
        }
        Ok(())
    }
}
