//! Finds the file that defines a path.

use crate::tree::CrateTree;

/// Longer chains of re-exports are circular, such as `use redis::redis`.
const MAX_DEPTH: usize = 16;

impl CrateTree {
    /// Returns the file that defines `path`, as seen from a module; `None` if that is another crate.
    ///
    /// A re-exported name is defined where its item is. A path to a module leads to the file of the module. An unknown name
    /// in a module of this crate comes from a macro, and counts as defined in the file of the module.
    pub fn resolve(&self, from: usize, path: &[String]) -> Option<usize> {
        self.resolve_within(from, path, 0)
    }

    fn resolve_within(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.descend(0, rest, depth),
            "self" => self.descend(from, rest, depth),
            "super" => self.ascend(from, rest, depth),
            name => {
                if let Some(child) = self.modules[from].children.get(name) {
                    return self.descend(*child, rest, depth);
                }
                let import = self.modules[from].uses.get(name)?;
                self.resolve_within(from, &[import, rest].concat(), depth + 1)
            }
        }
    }

    fn ascend(&self, from: usize, rest: &[String], depth: usize) -> Option<usize> {
        let parent = self.modules[from].parent?;
        match rest.split_first() {
            Some((next, rest)) if next == "super" => self.ascend(parent, rest, depth),
            _ => self.descend(parent, rest, depth),
        }
    }

    fn descend(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        let here = &self.modules[module];
        let Some((name, rest)) = path.split_first() else {
            return Some(here.file);
        };
        if here.items.contains(name) {
            return Some(here.file);
        }
        if let Some(child) = here.children.get(name) {
            return self.descend(*child, rest, depth);
        }
        if let Some(import) = here.uses.get(name) {
            return self.resolve_within(module, &[import, rest].concat(), depth + 1);
        }
        let from_glob = here.globs.iter().find_map(|glob| self.defined_in_glob(module, glob, name));
        Some(from_glob.unwrap_or(here.file))
    }

    fn defined_in_glob(&self, module: usize, glob: &[String], name: &str) -> Option<usize> {
        let file = self.resolve(module, glob)?;
        let of_file = self.modules.iter().filter(|other| other.file == file);
        of_file.into_iter().any(|other| other.items.contains(name)).then_some(file)
    }
}
