//! `password`: the parameters of Argon2id, and the rule for new passwords.

use super::reader::Reader;
use super::{choices, numbers, values};

/// The largest number of hashes at the same time. Each has a thread and memory of its own.
const MAX_CONCURRENCY: usize = 1_024;
/// The largest minimum length. A password has at most 1024 bytes, and a character up to four.
const LONGEST_MIN_LENGTH: usize = 256;

/// `password`
#[derive(Debug)]
pub(crate) struct PasswordSettings {
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    pub(crate) parallelism: u32,
    /// How many hashes are computed at the same time; `None` for as many as cores, if they fit into the memory.
    pub(crate) concurrency: Option<usize>,
    /// The minimum number of characters of a new password.
    pub(crate) min_length: usize,
    /// Whether legacy hashes verify.
    pub(crate) legacy: bool,
    /// The formats of other programs that verify.
    pub(crate) formats: PasswordFormats,
    /// Whether a login replaces an outdated hash.
    pub(crate) upgrade: bool,
    /// Whether hashes are computed by the portable kernel.
    pub(crate) portable_kernel: bool,
}

impl PasswordSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let memory_kib = reader.read("password.memory_kib", positive);
        let iterations = reader.read("password.iterations", positive);
        let parallelism = reader.read("password.parallelism", positive);
        let concurrency = reader.read("password.concurrency", concurrency);
        let min_length =
            reader.read("password.min_length", |text| numbers::within(text, &(1..=LONGEST_MIN_LENGTH)));
        let legacy = reader.read("password.legacy", choices::switch);
        let formats = reader.read_list("password.formats", PasswordFormats::parse);
        let upgrade = reader.read("password.upgrade", choices::switch);
        let portable_kernel = reader
            .read("password.kernel", |text| choices::choice(text, &[("auto", false), ("portable", true)]));
        Some(Self {
            memory_kib: memory_kib?,
            iterations: iterations?,
            parallelism: parallelism?,
            concurrency: concurrency?,
            min_length: min_length?,
            legacy: legacy?,
            formats: formats?,
            upgrade: upgrade?,
            portable_kernel: portable_kernel?,
        })
    }
}

/// `password.formats`: bcrypt, pbkdf2, scrypt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PasswordFormats {
    pub(crate) bcrypt: bool,
    pub(crate) pbkdf2: bool,
    pub(crate) scrypt: bool,
}

impl PasswordFormats {
    fn parse(text: &str) -> Result<Self, String> {
        let mut formats = Self::default();
        for item in values::items(text) {
            *match item {
                "bcrypt" => &mut formats.bcrypt,
                "pbkdf2" => &mut formats.pbkdf2,
                "scrypt" => &mut formats.scrypt,
                other => {
                    return Err(format!(
                        "{other:?} is not known; write bcrypt, pbkdf2 or scrypt, with commas between them"
                    ));
                }
            } = true;
        }
        Ok(formats)
    }
}

fn positive(text: &str) -> Result<u32, String> {
    numbers::within(text, &(1..=numbers::LARGEST))
}

/// Parses a number of hashes; `None` for `cores`.
fn concurrency(text: &str) -> Result<Option<usize>, String> {
    numbers::within_or(text, &(1..=MAX_CONCURRENCY), "cores")
}
