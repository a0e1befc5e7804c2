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
    /// REMOVE` and `SENTINEL MONITOR`, which begin with epoch 0. Shortly after a failover it may also be the former view.
    Disputed(&'a SentinelView),
}

/// Returns the view with the highest epoch: a sentinel that was cut off has a lower one. `None` if there is no view.
pub(super) fn choose<'a>(
    views: &[&'a SentinelView],
    sentinels: usize,
    followed: Option<&'a SentinelView>,
) -> Option<Choice<'a>> {
    let agreeing = |view: &SentinelView| views.iter().filter(|other| **other == view).count();
    let newest = views.iter().copied().max_by_key(|view| (view.epoch, agreeing(view)))?;
    let Some(followed) = followed.filter(|followed| newest.epoch <= followed.epoch) else {
        return Some(Choice::Follow(newest));
    };
    let agreed = views.iter().copied().find(|view| agreeing(view) > sentinels / 2);
    Some(match agreed {
        Some(other) if !views.contains(&followed) => Choice::Disputed(other),
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
        assert_eq!(choose(&[], 3, None), None);
        assert_eq!(choose(&[], 3, Some(&new)), None);
        assert_eq!(choose(&[&old], 3, None), Some(Choice::Follow(&old)));
        for views in [[&old, &old, &new], [&new, &old, &old]] {
            assert_eq!(choose(&views, 3, None), Some(Choice::Follow(&new)));
            assert_eq!(choose(&views, 3, Some(&old)), Some(Choice::Follow(&new)));
            assert_eq!(choose(&views, 3, Some(&new)), Some(Choice::Follow(&new)), "the failover is new");
        }
    }

    #[test]
    fn older_view_is_not_followed_without_a_majority() {
        let (old, new) = (view(1, "old"), view(2, "new"));
        assert_eq!(choose(&[&old], 3, Some(&new)), Some(Choice::Follow(&new)));
        let other = view(2, "other");
        assert_eq!(choose(&[&other], 3, Some(&new)), Some(Choice::Follow(&new)));
        assert_eq!(choose(&[&old, &other], 3, Some(&new)), Some(Choice::Follow(&new)));
        assert_eq!(choose(&[&old, &old], 3, Some(&new)), Some(Choice::Disputed(&old)));
        assert_eq!(choose(&[&other, &other, &old], 3, Some(&new)), Some(Choice::Disputed(&other)));
    }
}
