//! Times in claims (RFC 7519 §2): seconds since 1970 as a JSON number, also with a fraction or an exponent.

use std::num::{IntErrorKind, ParseIntError};

use auth_strict_json::Number;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A time, exactly as it is written. A float in between could round it to a later second, and the token would live longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumericDate {
    seconds: u64,
    has_fraction: bool,
}

impl NumericDate {
    /// Returns the last whole second that is not later.
    pub(crate) const fn rounded_down(self) -> u64 {
        self.seconds
    }

    /// Returns the first whole second that is not earlier.
    pub(crate) const fn rounded_up(self) -> u64 {
        self.seconds.saturating_add(self.has_fraction as u64)
    }

    /// Reads a number of the JSON grammar; `None` if it is negative or has more than 64 bits.
    fn parse(number: &str) -> Option<Self> {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // The place of the decimal point among the digits.
        let point = i64::try_from(whole.len()).ok()?.saturating_add(saturating(exponent)?);
        let (mut seconds, mut has_fraction, mut place) = (0_u64, false, 0_i64);
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
            if place < point {
                seconds = seconds.checked_mul(10)?.checked_add(digit.into())?;
            } else {
                has_fraction |= digit != 0;
            }
            place += 1;
        }
        // Zeros up to the decimal point. Zero stays zero; another number exceeds 64 bits after at most 20 of them.
        while place < point && seconds != 0 {
            seconds = seconds.checked_mul(10)?;
            place += 1;
        }
        Some(Self { seconds, has_fraction })
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        Self::parse(number.as_str()).ok_or_else(|| D::Error::custom("no time"))
    }
}

/// Reads an exponent; one that exceeds 64 bits becomes the nearest number, which no number of digits in a token compensates.
fn saturating(exponent: &str) -> Option<i64> {
    exponent
        .parse()
        .or_else(|error: ParseIntError| match error.kind() {
            IntErrorKind::PosOverflow => Ok(i64::MAX),
            IntErrorKind::NegOverflow => Ok(i64::MIN),
            _ => Err(error),
        })
        .ok()
}

#[cfg(test)]
mod tests;
