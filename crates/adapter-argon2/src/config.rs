//! The configuration of the adapter.

use std::ops::RangeInclusive;

use auth_domain::model::HashFormat;

use crate::cost::Cost;
use crate::error::ConfigError;

/// The cost of new hashes, and how many are computed at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Config {
    /// `PASSWORD__MEMORY_KIB`: the memory of one hash in KiB.
    pub memory_kib: u32,
    /// `PASSWORD__ITERATIONS`: the passes over that memory.
    pub iterations: u32,
    /// `PASSWORD__PARALLELISM`: the lanes. They are computed on one thread, one after the other.
    pub parallelism: u32,
    /// `PASSWORD__CONCURRENCY`: the number of permits. Each has its own memory.
    pub concurrency: usize,
    /// `PASSWORD__LEGACY`: whether legacy hashes of the HookSentry platform verify.
    pub legacy: bool,
    /// `PASSWORD__FORMATS`: the formats of other programs that verify.
    pub formats: OtherFormats,
    /// `PASSWORD__KERNEL`: the implementation that computes the hashes.
    pub kernel: KernelChoice,
}

/// The formats of other programs. Each is verified only if it is listed; new hashes never have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFormats {
    /// `bcrypt`: `$2a$`, `$2b$`, `$2x$`, `$2y$`.
    pub bcrypt: bool,
    /// `pbkdf2`: `$pbkdf2-sha256$`, `$pbkdf2-sha512$`.
    pub pbkdf2: bool,
    /// `scrypt`: `$scrypt$`.
    pub scrypt: bool,
}

impl OtherFormats {
    /// None of them, the default.
    pub const NONE: Self = Self { bcrypt: false, pbkdf2: false, scrypt: false };
}

/// The implementation of Argon2 that computes the hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelChoice {
    /// The fastest one of this CPU, if it passes the self-check, and otherwise the portable one.
    Auto,
    /// The portable one, which is also the reference.
    Portable,
}

const CONCURRENCY: RangeInclusive<usize> = 1..=1024;

impl Argon2Config {
    /// Returns the cost of new hashes.
    pub(crate) const fn cost(&self) -> Cost {
        Cost { memory_kib: self.memory_kib, iterations: self.iterations, parallelism: self.parallelism }
    }

    /// Returns the memory of a hash in KiB, if no stored hash needs more.
    #[must_use]
    pub fn hash_memory_kib(&self) -> u32 {
        let legacy = if self.legacy { Cost::LEGACY.memory_kib } else { 0 };
        self.memory_kib.max(legacy)
    }

    /// Whether hashes of this format verify.
    pub(crate) const fn accepts(&self, format: HashFormat) -> bool {
        match format {
            HashFormat::Argon2id => true,
            HashFormat::Legacy => self.legacy,
            HashFormat::Bcrypt => self.formats.bcrypt,
            HashFormat::Pbkdf2 => self.formats.pbkdf2,
            HashFormat::Scrypt => self.formats.scrypt,
        }
    }

    /// Checks the values: the cost must reach the OWASP table and be within the bounds of stored hashes (S-01, S-04).
    ///
    /// # Errors
    /// The first problem, as a [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self { memory_kib, iterations, parallelism, concurrency, .. } = *self;
        check_maximum("PASSWORD__MEMORY_KIB", memory_kib, Cost::HIGHEST.memory_kib)?;
        check_maximum("PASSWORD__ITERATIONS", iterations, Cost::HIGHEST.iterations)?;
        check_maximum("PASSWORD__PARALLELISM", parallelism, Cost::HIGHEST.parallelism)?;
        if parallelism == 0 {
            return Err(ConfigError::Zero { setting: "PASSWORD__PARALLELISM" });
        }
        if !self.cost().is_enough() {
            return Err(ConfigError::TooWeak { memory_kib, iterations });
        }
        if !CONCURRENCY.contains(&concurrency) {
            return Err(ConfigError::Concurrency {
                lowest: *CONCURRENCY.start(),
                highest: *CONCURRENCY.end(),
            });
        }
        Ok(())
    }
}

fn check_maximum(setting: &'static str, value: u32, highest: u32) -> Result<(), ConfigError> {
    if value > highest { Err(ConfigError::TooCostly { setting, highest }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Argon2Config = Argon2Config {
        memory_kib: 19_456,
        iterations: 2,
        parallelism: 1,
        concurrency: 2,
        legacy: false,
        formats: OtherFormats::NONE,
        kernel: KernelChoice::Auto,
    };

    // S-01
    #[test]
    fn every_row_of_the_owasp_table_is_accepted_and_nothing_below() {
        for (memory_kib, iterations) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
            assert_eq!(Argon2Config { memory_kib, iterations, ..DEFAULT }.check(), Ok(()));
            let less = memory_kib - 1;
            let weak = Argon2Config { memory_kib: less, iterations, ..DEFAULT }.check();
            assert_eq!(weak, Err(ConfigError::TooWeak { memory_kib: less, iterations }));
        }
        assert_eq!(
            Argon2Config { memory_kib: 65_536, iterations: 5, parallelism: 8, ..DEFAULT }.check(),
            Ok(())
        );
        assert!(Argon2Config { iterations: 0, ..DEFAULT }.check().is_err());
    }

    // S-01
    #[test]
    fn a_rejected_cost_names_the_setting_and_the_remedy() {
        for (config, setting, remedy) in [
            (Argon2Config { iterations: 1, ..DEFAULT }, "PASSWORD__MEMORY_KIB", "19456"),
            (Argon2Config { iterations: 1, ..DEFAULT }, "PASSWORD__ITERATIONS", "2"),
            (Argon2Config { memory_kib: 262_145, ..DEFAULT }, "PASSWORD__MEMORY_KIB", "262144"),
            (Argon2Config { iterations: 11, ..DEFAULT }, "PASSWORD__ITERATIONS", "10"),
            (Argon2Config { parallelism: 17, ..DEFAULT }, "PASSWORD__PARALLELISM", "16"),
            (Argon2Config { parallelism: 0, ..DEFAULT }, "PASSWORD__PARALLELISM", "1"),
            (Argon2Config { concurrency: 0, ..DEFAULT }, "PASSWORD__CONCURRENCY", "1"),
            (Argon2Config { concurrency: 1025, ..DEFAULT }, "PASSWORD__CONCURRENCY", "1024"),
        ] {
            let text = config.check().unwrap_err().to_string();
            assert!(text.contains(setting) && text.contains(remedy), "{text}");
        }
    }
}
