//! `password`: the parameters of Argon2id, and the rule for new passwords.

use super::reader::Reader;
use super::values;

/// `password`
#[derive(Debug)]
pub(crate) struct PasswordSettings {
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    pub(crate) parallelism: u32,
    /// How many hashes are computed at the same time.
    pub(crate) concurrency: usize,
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
        let memory_kib = reader.read("password.memory_kib", values::positive);
        let iterations = reader.read("password.iterations", values::positive);
        let parallelism = reader.read("password.parallelism", values::positive);
        let concurrency = reader.read("password.concurrency", values::positive_or_cores);
        let min_length = reader.read("password.min_length", values::positive);
        let legacy = reader.read("password.legacy", values::switch);
        let formats = reader.read("password.formats", PasswordFormats::parse);
        let upgrade = reader.read("password.upgrade", values::switch);
        let portable_kernel = reader.read("password.kernel", |text| match text {
            "auto" => Ok(false),
            "portable" => Ok(true),
            other => Err(format!("\"{other}\" is neither auto nor portable")),
        });
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
                other => return Err(format!("\"{other}\" is none of bcrypt, pbkdf2, scrypt")),
            } = true;
        }
        Ok(formats)
    }
}
