//! Import cycles and upward imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::imports::{Imports, Place};
use crate::tree::CrateTree;

/// An import of a file that declares the importing module or one of its ancestors.
pub struct UpwardImport<'a> {
    /// The importing file.
    pub from: &'a str,
    /// The imported file.
    pub to: &'a str,
    /// Where it is imported.
    pub place: &'a Place,
}

impl CrateTree {
    /// Returns every import whose target is defined in the file of a parent module or another ancestor.
    ///
    /// What the ancestor re-exports from elsewhere is imported from there, so it is not upward.
    pub fn upward_imports(&self) -> Vec<UpwardImport<'_>> {
        let is_upward = |(from, to): (usize, usize)| {
            let (from, to) = (&self.files[from].module, &self.files[to].module);
            from.len() > to.len() && from.starts_with(to)
        };
        let upward = self.imports.iter().filter(|(edge, _)| is_upward(**edge));
        upward
            .map(|((from, to), place)| UpwardImport {
                from: &self.files[*from].path,
                to: &self.files[*to].path,
                place,
            })
            .collect()
    }

    /// Returns import cycles as lists of files: for every import that is part of a cycle, the shortest one.
    pub fn cycles(&self) -> Vec<Vec<&str>> {
        let imports = &self.imports;
        let cycles: BTreeSet<Vec<usize>> =
            imports.keys().filter_map(|(from, to)| shortest_path(imports, *to, *from)).map(rotate).collect();
        let mut named: Vec<Vec<&str>> = cycles
            .iter()
            .map(|cycle| cycle.iter().map(|file| self.files[*file].path.as_str()).collect())
            .collect();
        named.sort_by_key(Vec::len);
        named
    }
}

fn shortest_path(imports: &Imports, start: usize, end: usize) -> Option<Vec<usize>> {
    let mut previous = BTreeMap::from([(start, start)]);
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        if file == end {
            return Some(path_back(&previous, end));
        }
        for (_, next) in imports.range((file, 0)..=(file, usize::MAX)).map(|(edge, _)| *edge) {
            previous.entry(next).or_insert_with(|| {
                queue.push_back(next);
                file
            });
        }
    }
    None
}

fn path_back(previous: &BTreeMap<usize, usize>, end: usize) -> Vec<usize> {
    let mut path = vec![end];
    let mut file = end;
    while previous[&file] != file {
        file = previous[&file];
        path.push(file);
    }
    path.reverse();
    path
}

/// Starts a cycle with its lowest file, so that the same cycle is listed once.
fn rotate(mut cycle: Vec<usize>) -> Vec<usize> {
    let lowest = cycle.iter().enumerate().min_by_key(|(_, file)| **file).map_or(0, |(index, _)| index);
    cycle.rotate_left(lowest);
    cycle
}
