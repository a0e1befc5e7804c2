//! The properties hold for the seeds of the fuzz targets, and for changes of them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use auth_fuzzing::TARGETS;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz");
/// The most positions of a seed that are changed, and the longest dictionary word.
const POSITIONS: usize = 200;

fn below(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(FOLDER).join(folder)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn names(folder: &str) -> Vec<String> {
    below(folder).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    below(&format!("seeds/{target}")).iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Calls `check` with every seed that lacks a byte, has another one, or is followed by another seed.
fn changes(seeds: &[Vec<u8>], check: fn(&[u8])) {
    for (number, seed) in seeds.iter().enumerate() {
        check(seed);
        let step = seed.len() / POSITIONS + 1;
        for position in (0..seed.len()).step_by(step) {
            let (before, after) = seed.split_at(position);
            check(before);
            check(&[before, &after[1..]].concat());
            for byte in [0, b'\n', b'"', b'A', b',', b':', 0xff, after[0] ^ 1, after[0] ^ 0x20] {
                check(&[before, &[byte], &after[1..]].concat());
            }
            check(&[before, &seeds[(number + position) % seeds.len()], after].concat());
        }
    }
}

// S-89
#[test]
fn every_property_holds_for_the_seeds_and_changes_of_them() {
    for (name, check) in TARGETS {
        let seeds = seeds(name);
        assert!(seeds.len() >= 4, "{name} has {} seeds", seeds.len());
        changes(&seeds, check);
    }
}

#[test]
fn each_property_has_a_fuzz_target_a_dictionary_and_seeds() {
    let properties: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    for folder in ["fuzz_targets", "dictionaries", "seeds"] {
        assert_eq!(names(folder), properties, "{folder}");
    }
    let manifest = fs::read_to_string(Path::new(FOLDER).join("Cargo.toml")).unwrap();
    for name in properties {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name} is not in Cargo.toml"
        );
        let target = fs::read_to_string(Path::new(FOLDER).join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            target.contains(&format!("check(\"{name}\"")),
            "fuzz_targets/{name}.rs checks another property"
        );
    }
}
