//! The names of the members of one object.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// The number of names that are compared one by one, which is faster than a set while they are few.
const FEW: usize = 16;

/// The names of one object, unescaped.
#[derive(Default)]
pub(crate) struct Names<'a> {
    few: [Cow<'a, str>; FEW],
    count: usize,
    /// The names after the first few. Comparing each name with all others would take quadratic time.
    others: BTreeSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    /// Returns whether the name is new.
    pub(crate) fn insert(&mut self, name: Cow<'a, str>) -> bool {
        if self.few.iter().take(self.count).any(|known| *known == name) {
            return false;
        }
        match self.few.get_mut(self.count) {
            Some(free) => {
                *free = name;
                self.count += 1;
                true
            }
            None => self.others.insert(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-71
    #[test]
    fn a_name_is_new_once_however_many_there_are() {
        let mut names = Names::default();
        for round in [true, false] {
            for number in 0..3 * FEW {
                assert_eq!(names.insert(Cow::Owned(number.to_string())), round, "{number}");
            }
        }
        assert!(names.insert(Cow::Borrowed("")), "an empty name is a name");
        assert!(!names.insert(Cow::Borrowed("")));
        assert!(Names::default().insert(Cow::Borrowed("")));
    }
}
