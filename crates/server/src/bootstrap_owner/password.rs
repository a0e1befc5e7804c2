//! The generated password of the bootstrap owner.

use auth_domain::ports::{Entropy, PortError, random_bytes};
use zeroize::Zeroizing;

/// The characters of the password: 5 bits each, and none needs quoting in a shell or in JSON.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Returns a password of 160 bits: 32 characters in groups of eight.
pub(super) fn random(entropy: &dyn Entropy) -> Result<Zeroizing<String>, PortError> {
    let random = random_bytes::<32>(entropy)?;
    let mut password = Zeroizing::new(String::with_capacity(35));
    for (position, byte) in random.iter().enumerate() {
        if position > 0 && position % 8 == 0 {
            password.push('-');
        }
        password.push(ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use auth_domain::mocks::counting_entropy;

    use super::*;

    #[test]
    fn a_generated_password_has_160_bits_and_needs_no_quoting() {
        let password = random(&counting_entropy()).unwrap();
        assert_eq!(password.len(), 35);
        assert!(password.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
}
