//! `sslmode`.

/// `sslmode`. Its absence is [`Mode::Prefer`] on this machine and [`Mode::VerifyFull`] elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}
