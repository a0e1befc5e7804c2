//! The rule by which one of several answers of sentinels is followed.

/// The primary that a sentinel names, and the epoch of its configuration, which increases with each failover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentinelView {
    pub(crate) epoch: u64,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl SentinelView {
    /// Returns the host and port of the primary.
    pub(crate) fn primary(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What to do after the sentinels were asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// Follow a view.
    Follow(&'a SentinelView),
    /// Keep the view that is followed. A majority of all sentinels agrees on another one that is not newer, as after `SENTINEL
    /// REMOVE` and `SENTINEL MONITOR`, which begin with epoch 0, or if one sentinel has a wrong configuration. Shortly after a
    /// failover it may also be the former view.
    Disputed(&'a SentinelView),
}

/// Returns the view with the highest epoch: a sentinel that was cut off has a lower one. `None` if there is no view.
///
/// # Parameters
/// - `overruled`: a view that a majority has overruled. It counts only if a majority agrees on it, or if none agrees on another one
///   and no sentinel names the view that is followed.
pub(super) fn choose<'a>(
    views: &[&'a SentinelView],
    sentinels: usize,
    followed: Option<&'a SentinelView>,
    overruled: Option<&SentinelView>,
) -> Option<Choice<'a>> {
    let agreeing = |view: &SentinelView| views.iter().filter(|other| **other == view).count();
    let agreed = views.iter().copied().find(|view| agreeing(view) > sentinels / 2);
    let is_alone = agreed.is_none() && !followed.is_some_and(|followed| views.contains(&followed));
    let counts = |view: &&SentinelView| overruled != Some(*view) || agreed == Some(*view) || is_alone;
    let newest = views.iter().copied().filter(counts).max_by_key(|view| (view.epoch, agreeing(view)))?;
    let Some(followed) = followed.filter(|followed| newest.epoch <= followed.epoch) else {
        return Some(Choice::Follow(newest));
    };
    Some(match agreed {
        Some(other) if other != followed => Choice::Disputed(other),
        _ => Choice::Follow(followed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(epoch: u64, host: &str) -> SentinelView {
        SentinelView { epoch, host: host.to_owned(), port: 1 }
    }

    #[test]
    fn view_with_the_highest_epoch_is_followed() {
        let (old, new) = (view(1, "old"), view(2, "new"));
        assert_eq!(choose(&[], 3, None, None), None);
        assert_eq!(choose(&[], 3, Some(&new), None), None);
        assert_eq!(choose(&[&old], 3, None, None), Some(Choice::Follow(&old)));
        for views in [[&old, &old, &new], [&new, &old, &old]] {
            assert_eq!(choose(&views, 3, None, None), Some(Choice::Follow(&new)));
            assert_eq!(choose(&views, 3, Some(&old), None), Some(Choice::Follow(&new)));
            // The failover is new, and the followed view is kept for a while.
            assert_eq!(choose(&views, 3, Some(&new), None), Some(Choice::Disputed(&old)));
        }
    }

    #[test]
    fn older_view_is_not_followed_without_a_majority() {
        let (old, new) = (view(1, "old"), view(2, "new"));
        assert_eq!(choose(&[&old], 3, Some(&new), None), Some(Choice::Follow(&new)));
        let other = view(2, "other");
        assert_eq!(choose(&[&other], 3, Some(&new), None), Some(Choice::Follow(&new)));
        assert_eq!(choose(&[&old, &other], 3, Some(&new), None), Some(Choice::Follow(&new)));
        assert_eq!(choose(&[&old, &old], 3, Some(&new), None), Some(Choice::Disputed(&old)));
        assert_eq!(choose(&[&other, &other, &old], 3, Some(&new), None), Some(Choice::Disputed(&other)));
    }

    #[test]
    fn view_that_a_majority_has_overruled_counts_no_more() {
        let (old, wrong, new) = (view(1, "old"), view(9, "wrong"), view(2, "new"));
        let choose = |views: &[_], followed| choose(views, 3, Some(followed), Some(&wrong));
        assert_eq!(choose(&[&wrong, &old, &old], &old), Some(Choice::Follow(&old)));
        assert_eq!(choose(&[&wrong, &old], &old), Some(Choice::Follow(&old)), "one does not answer");
        assert_eq!(choose(&[&wrong, &new, &old], &old), Some(Choice::Follow(&new)), "a failover");
        assert_eq!(choose(&[&wrong, &new, &new], &old), Some(Choice::Follow(&new)), "a failover");
        assert_eq!(choose(&[&wrong, &wrong, &old], &old), Some(Choice::Follow(&wrong)), "a majority agrees");
        assert_eq!(choose(&[&wrong], &old), Some(Choice::Follow(&wrong)), "no other one answers");
    }
}
