use auth_testkit::assert_linear;
use proptest::prelude::*;

use super::NumericDate;

/// Returns a number rounded down and up.
fn rounded(number: &str) -> Option<(u64, u64)> {
    NumericDate::parse(number).map(|date| (date.rounded_down(), date.rounded_up()))
}

// S-34
#[test]
fn every_spelling_of_a_number_is_read_exactly() {
    for (number, down, up) in [
        ("0", 0, 0),
        ("0.0", 0, 0),
        ("0e999999999999999999999", 0, 0),
        ("0.1e-999999999999999999999", 0, 1),
        ("1783690319", 1_783_690_319, 1_783_690_319),
        ("1783690319.0", 1_783_690_319, 1_783_690_319),
        ("1783690319.9999999999", 1_783_690_319, 1_783_690_320),
        ("1783690319.00000000000000000000000001", 1_783_690_319, 1_783_690_320),
        ("1e10", 10_000_000_000, 10_000_000_000),
        ("1E+10", 10_000_000_000, 10_000_000_000),
        ("1.5e9", 1_500_000_000, 1_500_000_000),
        ("0.1e10", 1_000_000_000, 1_000_000_000),
        ("17836903195e-1", 1_783_690_319, 1_783_690_320),
        ("1.7836903199999999999e9", 1_783_690_319, 1_783_690_320),
        ("9007199254740993", 9_007_199_254_740_993, 9_007_199_254_740_993),
        ("18446744073709551615", u64::MAX, u64::MAX),
        ("18446744073709551615.5", u64::MAX, u64::MAX),
        ("1e-5", 0, 1),
    ] {
        assert_eq!(rounded(number), Some((down, up)), "{number}");
    }
}

// S-34
#[test]
fn negative_numbers_and_numbers_beyond_64_bits_are_rejected() {
    for number in [
        "-1",
        "-0",
        "-0.5",
        "-1e-9",
        "1e999",
        "1e99999999999999999999",
        "18446744073709551616",
        "1e20",
        "2e19",
    ] {
        assert_eq!(rounded(number), None, "{number}");
    }
    assert_eq!(rounded(&"9".repeat(4_000)), None);
}

#[test]
fn leading_and_trailing_zeros_change_nothing() {
    let zeros = "0".repeat(4_000);
    assert_eq!(rounded(&format!("0.{zeros}17e4002")), Some((17, 17)));
    assert_eq!(rounded(&format!("17{zeros}e-4000")), Some((17, 17)));
    assert_eq!(rounded(&format!("17.{zeros}")), Some((17, 17)));
    assert_eq!(rounded(&format!("17.{zeros}1")), Some((17, 18)));
}

// S-89
#[test]
fn the_cost_of_reading_a_number_is_linear_in_its_length() {
    for (before, part, after) in [
        ("", "9", ""),
        ("0.", "0", "1"),
        ("1", "0", "e-5"),
        ("1e", "9", ""),
        ("1e-", "9", ""),
        ("0.", "3", "e9"),
    ] {
        let number = |bytes: usize| format!("{before}{}{after}", part.repeat(bytes));
        assert_linear(&format!("{before}{part}…{after}"), number, |number| NumericDate::parse(number));
    }
}

proptest! {
    // S-34
    #[test]
    fn the_place_of_the_point_and_the_exponent_change_nothing(
        whole in 0..=u64::MAX,
        fraction in "[0-9]{0,12}",
        point in 1_usize..33,
        zeros in 0_usize..4,
    ) {
        let up = whole.saturating_add(fraction.bytes().any(|digit| digit != b'0').into());
        let digits = format!("{whole}{fraction}{}", "0".repeat(zeros));
        let usual = whole.to_string().len();
        // The point moves from `usual` to `point`, and the exponent makes up for it.
        let padded = format!("{digits:0<point$}");
        let (left, right) = padded.split_at(point);
        let mantissa = if right.is_empty() { left.to_owned() } else { format!("{left}.{right}") };
        let exponent = i64::try_from(usual).unwrap() - i64::try_from(point).unwrap();
        for number in [format!("{mantissa}e{exponent}"), format!("{mantissa}E{exponent:+}")] {
            prop_assert_eq!(rounded(&number), Some((whole, up)), "{}", number);
        }
    }
}
