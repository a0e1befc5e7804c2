//! Values for each algorithm. Work of different algorithms cannot be added up.

use auth_domain::model::HashFormat;

/// An algorithm of stored hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Argon2id,
    Bcrypt,
    Pbkdf2Sha256,
    Pbkdf2Sha512,
    Scrypt,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 5] =
        [Self::Argon2id, Self::Bcrypt, Self::Pbkdf2Sha256, Self::Pbkdf2Sha512, Self::Scrypt];

    /// The format of its hashes. Legacy hashes are Argon2id as well.
    pub(crate) const fn format(self) -> HashFormat {
        match self {
            Self::Argon2id => HashFormat::Argon2id,
            Self::Bcrypt => HashFormat::Bcrypt,
            Self::Pbkdf2Sha256 | Self::Pbkdf2Sha512 => HashFormat::Pbkdf2,
            Self::Scrypt => HashFormat::Scrypt,
        }
    }
}

/// A value for each algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PerAlgorithm<T> {
    argon2id: T,
    bcrypt: T,
    pbkdf2_sha256: T,
    pbkdf2_sha512: T,
    scrypt: T,
}

impl<T> PerAlgorithm<T> {
    pub(crate) const fn get(&self, algorithm: Algorithm) -> &T {
        match algorithm {
            Algorithm::Argon2id => &self.argon2id,
            Algorithm::Bcrypt => &self.bcrypt,
            Algorithm::Pbkdf2Sha256 => &self.pbkdf2_sha256,
            Algorithm::Pbkdf2Sha512 => &self.pbkdf2_sha512,
            Algorithm::Scrypt => &self.scrypt,
        }
    }

    pub(crate) const fn get_mut(&mut self, algorithm: Algorithm) -> &mut T {
        match algorithm {
            Algorithm::Argon2id => &mut self.argon2id,
            Algorithm::Bcrypt => &mut self.bcrypt,
            Algorithm::Pbkdf2Sha256 => &mut self.pbkdf2_sha256,
            Algorithm::Pbkdf2Sha512 => &mut self.pbkdf2_sha512,
            Algorithm::Scrypt => &mut self.scrypt,
        }
    }

    /// The values that `f` returns for these.
    #[cfg(test)]
    pub(crate) fn map<U>(&self, f: impl Fn(&T) -> U) -> PerAlgorithm<U> {
        PerAlgorithm {
            argon2id: f(&self.argon2id),
            bcrypt: f(&self.bcrypt),
            pbkdf2_sha256: f(&self.pbkdf2_sha256),
            pbkdf2_sha512: f(&self.pbkdf2_sha512),
            scrypt: f(&self.scrypt),
        }
    }

    /// All values, in the order of [`Algorithm::ALL`].
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Algorithm, &T)> {
        Algorithm::ALL.into_iter().map(|algorithm| (algorithm, self.get(algorithm)))
    }
}
