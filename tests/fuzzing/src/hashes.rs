//! Stored password hashes.

use std::sync::{Arc, LazyLock};

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher, KernelChoice, OtherFormats};
use auth_domain::model::{HashFormat, HashParameters, HashUse, PasswordHash};
use auth_domain::ports::{Entropy, PasswordHasher, PortError};
use auth_verifier::SystemClock;

/// The longest text that a store keeps.
const MAX_BYTES: usize = 512;

struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), PortError> {
        Ok(())
    }
}

static HASHER: LazyLock<Argon2PasswordHasher> = LazyLock::new(|| {
    let config = Argon2Config {
        memory_kib: 19_456,
        iterations: 2,
        parallelism: 1,
        concurrency: 1,
        legacy: true,
        formats: OtherFormats { bcrypt: true, pbkdf2: true, scrypt: true },
        kernel: KernelChoice::Portable,
    };
    Argon2PasswordHasher::new(config, Arc::new(NoEntropy), Arc::new(SystemClock))
        .expect("a valid configuration")
});

/// A text that is accepted is short, printable, and has the beginning of its format. Parameters are bounded before anything is
/// allocated.
pub(crate) fn password_hash(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match HASHER.usability(&PasswordHash::new(text.to_owned())) {
        HashUse::Verifies(format) => {
            assert!(text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
            assert!(beginnings(format).iter().any(|start| text.starts_with(start)), "{format}: {text}");
        }
        HashUse::SwitchedOff(format) => panic!("{format} is accepted: {text}"),
        HashUse::Unusable => {}
    }
    if let Some(parameters) = HashParameters::parse(text) {
        assert_eq!(HashParameters::parse(parameters.as_str()).as_ref(), Some(&parameters));
        let _ = HASHER.charge_for(&[parameters]);
    }
}

const fn beginnings(format: HashFormat) -> &'static [&'static str] {
    match format {
        HashFormat::Argon2id => &["$argon2id$v=19$"],
        HashFormat::Legacy => &[""],
        HashFormat::Bcrypt => &["$2a$", "$2b$", "$2x$", "$2y$"],
        HashFormat::Pbkdf2 => &["$pbkdf2-sha256$", "$pbkdf2-sha512$"],
        HashFormat::Scrypt => &["$scrypt$"],
    }
}
