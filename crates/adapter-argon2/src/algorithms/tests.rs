use super::*;

/// The work of the hashes that complete `highest` after a hash of the cost `done`.
fn rest(highest: HashCost, done: HashCost) -> u64 {
    highest.rest(done.work()).into_iter().map(HashCost::work).sum()
}

fn bcrypt(cost: u32) -> HashCost {
    HashCost::Bcrypt(BcryptCost::new(cost).unwrap())
}

fn pbkdf2(iterations: u32) -> HashCost {
    HashCost::Pbkdf2(Pbkdf2Cost::new(Digest::Sha256, iterations).unwrap())
}

fn scrypt(log_n: u8, r: u32, p: u32) -> HashCost {
    HashCost::Scrypt(ScryptCost::new(log_n, r, p).unwrap())
}

// S-09
#[test]
fn the_rest_completes_every_hash_to_the_same_work() {
    for (highest, done) in [
        (bcrypt(14), bcrypt(4)),
        (bcrypt(12), bcrypt(11)),
        (bcrypt(6), bcrypt(6)),
        (pbkdf2(600_000), pbkdf2(599_999)),
        (pbkdf2(29_000), pbkdf2(29_000)),
        (scrypt(14, 8, 1), scrypt(10, 8, 1)),
        (scrypt(17, 8, 1), scrypt(14, 8, 5)),
        (scrypt(14, 8, 5), scrypt(14, 8, 2)),
        (scrypt(14, 8, 5), scrypt(15, 8, 1)),
    ] {
        assert_eq!(rest(highest, done), highest.work() - done.work(), "{highest:?} {done:?}");
    }
}

/// The remaining hashes are not smaller than needed, because many small ones have more overhead.
#[test]
fn the_rest_consists_of_few_hashes() {
    assert_eq!(bcrypt(14).rest(0), [bcrypt(14)]);
    assert_eq!(bcrypt(14).rest(bcrypt(12).work()), [bcrypt(13), bcrypt(12)]);
    assert_eq!(scrypt(14, 8, 5).rest(0), [scrypt(14, 8, 5)]);
    assert_eq!(scrypt(14, 8, 5).rest(scrypt(15, 8, 1).work()), [scrypt(14, 8, 3)]);
}

/// Another r leaves less than r × 2 units.
// S-09
#[test]
fn the_rest_of_another_block_size_is_almost_complete() {
    let (highest, done) = (scrypt(14, 8, 1), scrypt(10, 1, 3));
    let missing = highest.work() - done.work() - rest(highest, done);
    assert!(missing < 16, "{missing}");
}

// S-04
#[test]
fn costs_are_accepted_up_to_their_bounds_only() {
    assert!(BcryptCost::new(4).is_some() && BcryptCost::new(14).is_some());
    assert!(BcryptCost::new(3).is_none() && BcryptCost::new(15).is_none() && BcryptCost::new(31).is_none());
    let pbkdf2 = |iterations| Pbkdf2Cost::new(Digest::Sha512, iterations);
    assert!(pbkdf2(1).is_some() && pbkdf2(2_000_000).is_some());
    assert!(pbkdf2(0).is_none() && pbkdf2(2_000_001).is_none() && pbkdf2(u32::MAX).is_none());
    for (log_n, r, p) in [(18, 8, 1), (17, 8, 2), (14, 8, 16), (16, 32, 1), (1, 32, 16), (21, 1, 1)] {
        assert!(ScryptCost::new(log_n, r, p).is_some(), "{log_n} {r} {p}");
    }
    for (log_n, r, p) in [
        (19, 8, 1),
        (18, 8, 2),
        (18, 9, 1),
        (0, 8, 1),
        (22, 1, 1),
        (14, 0, 1),
        (14, 8, 0),
        (255, u32::MAX, u32::MAX),
        (1, 1 << 20, 1),
        (1, 1, 1 << 20),
        (1, 33, 1),
        (1, 8, 17),
    ] {
        assert!(ScryptCost::new(log_n, r, p).is_none(), "{log_n} {r} {p}");
    }
}

/// The library allocates p + 1 blocks besides the N blocks.
// S-04
#[test]
fn scrypt_allocates_little_more_than_the_bound_of_its_memory() {
    const BOUND: u64 = 256 * 1_024 * 1_024;
    for log_n in 1..=21 {
        for (r, p) in (1..=64).flat_map(|r| (1..=32).map(move |p| (r, p))) {
            let allocated = ScryptCost::new(log_n, r, p).map_or(0, ScryptCost::allocated);
            assert!(allocated <= BOUND + 68 * 1_024, "{log_n} {r} {p}: {allocated}");
        }
    }
    for (log_n, r) in (1..=21).flat_map(|log_n| [1 << 16, 1 << 20, u32::MAX].map(|large| (log_n, large))) {
        assert_eq!((ScryptCost::new(log_n, r, 1), ScryptCost::new(log_n, 1, r)), (None, None));
    }
}
