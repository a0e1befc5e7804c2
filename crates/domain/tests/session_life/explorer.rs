//! Breadth-first exploration.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use crate::action::{Action, describe};
use crate::allowed::AllowedLogout;
use crate::fault::Fault;
use crate::invariants::{Invariant, Violation};
use crate::rules::Rules;
use crate::scenario::Scenario;
use crate::world::World;

/// The result of an exploration.
pub(crate) struct Explored {
    pub(crate) states: usize,
    steps: usize,
    depth: u32,
    seconds: f64,
    /// The broken invariant, and the shortest sequence of actions that breaks it.
    pub(crate) violation: Option<String>,
    pub(crate) broken: Option<Invariant>,
    /// Why honest clients were logged out.
    pub(crate) allowed: BTreeSet<AllowedLogout>,
}

/// How a state was reached: from which other one, and by which action.
struct Reached {
    from: Option<(usize, Action)>,
    depth: u32,
}

/// Visits every state of a scenario, or stops at the first broken invariant.
#[expect(clippy::disallowed_methods, reason = "the time of an exploration is real")]
pub(crate) fn explore(scenario: &Scenario, fault: Option<Fault>) -> Explored {
    let (rules, started) = (Rules { fault }, Instant::now());
    let initial = World::new(scenario);
    let mut visited = HashSet::from([fingerprint(&initial)]);
    let mut reached = vec![Reached { from: None, depth: 0 }];
    let mut queue = VecDeque::from([(0, initial)]);
    let (mut steps, mut broken, mut allowed) = (0, None, Vec::new());
    'explore: while let Some((number, world)) = queue.pop_front() {
        for action in Action::possible(&world, scenario.retries) {
            steps += 1;
            let mut next = world.clone();
            if let Err(violation) = next.apply(action, scenario.retries, rules, &mut allowed) {
                broken = Some((number, action, violation));
                break 'explore;
            }
            if visited.insert(fingerprint(&next)) {
                let depth = reached[number].depth + 1;
                queue.push_back((reached.len(), next));
                reached.push(Reached { from: Some((number, action)), depth });
            }
        }
    }
    Explored {
        states: reached.len(),
        steps,
        depth: reached.last().map_or(0, |last| last.depth),
        seconds: started.elapsed().as_secs_f64(),
        broken: broken.as_ref().map(|(_, _, violation)| violation.invariant),
        violation: broken.map(|broken| report(scenario, rules, &reached, broken)),
        allowed: allowed.into_iter().collect(),
    }
}

fn fingerprint(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}

/// The actions that lead to a violation, one in a line.
fn report(
    scenario: &Scenario,
    rules: Rules,
    reached: &[Reached],
    (number, last, violation): (usize, Action, Violation),
) -> String {
    let mut actions = vec![last];
    let mut state = number;
    while let Some((from, action)) = reached[state].from {
        actions.push(action);
        state = from;
    }
    let (mut world, mut text) = (World::new(scenario), violation.to_string());
    for action in actions.into_iter().rev() {
        write!(text, "\n  {:>5} s  {}", world.now, describe(action, &world)).unwrap();
        drop(world.apply(action, scenario.retries, rules, &mut Vec::new()));
    }
    text
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, steps, depth, seconds, .. } = self;
        write!(f, "{states} states, {steps} steps, depth {depth}, {seconds:.1} s")
    }
}
