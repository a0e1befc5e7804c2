//! Histories with a known fault each, and histories that only look faulty.

use std::time::Duration;

use super::{Answer, Call, Digest, Exception, Issued, Operation, Period, Report, Rules, Violation, check};

/// The refresh tokens of the session are these numbers; its access tokens are 1,000 more.
const FIRST: Digest = 1;
const ACCESS: Digest = 1_000;
const KEY: Option<Digest> = Some(7);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn call(operation: Operation, start: u64, end: u64, answer: Answer) -> Call {
    Call {
        session: 0,
        request: String::new(),
        user: 5,
        instance: 0,
        operation,
        start: at(start),
        end: at(end),
        stalled: Duration::ZERO,
        answer,
    }
}

fn tokens(refresh: Digest) -> Answer {
    Answer::Tokens(Issued { access: refresh + ACCESS, refresh, subject: 50, session: 60 })
}

fn rejected(code: &str, reason: Option<&str>) -> Answer {
    Answer::Rejected { code: code.to_owned(), reason: reason.map(str::to_owned) }
}

fn reuse() -> Answer {
    rejected("invalid_refresh_token", Some("reuse_detected"))
}

fn used() -> Answer {
    rejected("invalid_refresh_token", Some("already_used"))
}

fn refresh(token: Digest, key: Option<Digest>) -> Operation {
    Operation::Refresh { token, key }
}

fn verify(token: Digest) -> Operation {
    Operation::Verify { access: token + ACCESS }
}

fn logout(token: Digest) -> Operation {
    Operation::Logout { access: token + ACCESS, token }
}

/// A login, and one call after the other: each takes a second.
fn after_login(calls: &[(Operation, Answer)]) -> Vec<Call> {
    let login = call(Operation::Login, 0, 1, tokens(FIRST));
    let others = calls.iter().zip(1_u64..).map(|((operation, answer), number)| {
        call(operation.clone(), 2 * number, 2 * number + 1, answer.clone())
    });
    [login].into_iter().chain(others).collect()
}

fn violations(report: &Report) -> Vec<Violation> {
    report.violations.iter().map(|(violation, ..)| *violation).collect()
}

fn shares() -> Rules {
    Rules { shares: true, ..Rules::new() }
}

/// Rules of a run in which the writes between these seconds may be forgotten.
fn forgets(from: u64, to: u64) -> Rules {
    Rules { forgotten: vec![Period { from: at(from), to: at(to) }], ..Rules::new() }
}

#[track_caller]
fn expect(calls: &[Call], rules: &Rules, violation: Violation) {
    let report = check(calls, rules);
    assert_eq!(violations(&report), [violation], "{report}");
}

#[track_caller]
fn expect_exception(calls: &[Call], rules: &Rules, exception: Exception, count: usize) {
    let report = check(calls, rules);
    report.expect_clean();
    let found: Vec<_> =
        report.exceptions.iter().map(|(exception, calls)| (*exception, calls.len())).collect();
    assert_eq!(found, [(exception, count)]);
}

#[track_caller]
fn expect_clean(calls: &[Call], rules: &Rules) {
    let report = check(calls, rules);
    report.expect_clean();
    assert!(report.exceptions.is_empty(), "{report}");
}

#[test]
fn an_ordinary_session_breaks_no_rule() {
    let calls = after_login(&[
        (verify(FIRST), Answer::Done),
        (refresh(FIRST, None), tokens(2)),
        (refresh(FIRST, None), used()),
        (verify(2), Answer::Done),
        (logout(2), Answer::Done),
        (verify(2), rejected("invalid_token", None)),
        (refresh(2, None), rejected("invalid_refresh_token", Some("logged_out"))),
    ]);
    expect_clean(&calls, &Rules::new());
}

#[test]
fn two_successors_of_one_token_are_found() {
    let calls = after_login(&[(refresh(FIRST, KEY), tokens(2)), (refresh(FIRST, KEY), tokens(3))]);
    expect(&calls, &Rules::new(), Violation::TwoSuccessors);
    expect(&calls, &shares(), Violation::TwoSuccessors);
    expect_exception(&calls, &forgets(3, 4), Exception::ForgottenRotation, 1);
}

#[test]
fn two_successors_of_simultaneous_refreshes_are_found() {
    let mut calls = after_login(&[]);
    calls.push(call(refresh(FIRST, None), 2, 5, tokens(2)));
    calls.push(call(refresh(FIRST, None), 3, 4, tokens(3)));
    expect(&calls, &Rules::new(), Violation::TwoSuccessors);
}

#[test]
fn a_second_use_without_the_key_is_found() {
    let calls = after_login(&[(refresh(FIRST, KEY), tokens(2)), (refresh(FIRST, None), tokens(2))]);
    expect(&calls, &Rules::new(), Violation::UsedTwice);
    expect_clean(&calls, &shares());
}

#[test]
fn a_shared_successor_after_the_grace_period_is_found() {
    let mut calls = after_login(&[(refresh(FIRST, None), tokens(2))]);
    calls.push(call(refresh(FIRST, None), 14, 15, tokens(2)));
    expect(&calls, &shares(), Violation::UsedTwice);
}

#[test]
fn an_old_token_that_is_accepted_is_found() {
    let calls = after_login(&[
        (refresh(FIRST, KEY), tokens(2)),
        (refresh(2, None), tokens(3)),
        (refresh(FIRST, KEY), tokens(2)),
    ]);
    expect(&calls, &Rules::new(), Violation::OldTokenAccepted);
}

#[test]
fn a_token_that_outlives_a_logout_is_found() {
    for alive in
        [(verify(FIRST), Answer::Done), (refresh(FIRST, None), tokens(2)), (logout(FIRST), Answer::Done)]
    {
        let calls = after_login(&[(logout(FIRST), Answer::Done), alive]);
        expect(&calls, &Rules::new(), Violation::AliveAfterEnd);
        expect_exception(&calls, &forgets(3, 3), Exception::ForgottenEnd, 1);
    }
}

#[test]
fn a_token_that_outlives_detected_reuse_is_found() {
    let calls = after_login(&[
        (refresh(FIRST, None), tokens(2)),
        (refresh(2, None), tokens(3)),
        (refresh(FIRST, None), reuse()),
        (refresh(3, None), tokens(4)),
    ]);
    expect(&calls, &Rules::new(), Violation::AliveAfterEnd);
}

#[test]
fn a_call_that_overlaps_the_logout_may_succeed() {
    let mut calls = after_login(&[]);
    calls.push(call(logout(FIRST), 2, 5, Answer::Done));
    calls.push(call(refresh(FIRST, None), 4, 6, tokens(2)));
    expect_clean(&calls, &Rules::new());
}

#[test]
fn a_session_that_ends_without_a_reason_is_found() {
    for answer in [reuse(), used(), rejected("invalid_refresh_token", None)] {
        let calls = after_login(&[(refresh(FIRST, None), answer)]);
        expect(&calls, &Rules::new(), Violation::HonestLogout);
        expect_exception(&calls, &forgets(0, 1), Exception::ForgottenRotation, 1);
    }
    let calls = after_login(&[(verify(FIRST), rejected("invalid_token", None))]);
    expect(&calls, &Rules::new(), Violation::HonestLogout);
    let calls = after_login(&[(logout(FIRST), rejected("invalid_refresh_token", None))]);
    expect(&calls, &Rules::new(), Violation::HonestLogout);
}

#[test]
fn the_access_token_of_a_forgotten_rotation_outlives_the_session() {
    let mut calls = after_login(&[(refresh(FIRST, None), tokens(2)), (refresh(2, None), reuse())]);
    calls.push(call(verify(2), 6, 7, Answer::Done));
    let report = check(&calls, &forgets(2, 3));
    report.expect_clean();
    assert_eq!(
        [Exception::ForgottenRotation, Exception::UnknownAccessToken].map(|it| report.count(it)),
        [1, 1]
    );
    calls[3] = call(verify(FIRST), 6, 7, Answer::Done);
    expect(&calls, &forgets(2, 3), Violation::AliveAfterEnd);
}

#[test]
fn a_503_that_consumed_the_token_is_found() {
    let failed = Answer::Unavailable { is_unknown: false };
    let calls = after_login(&[(refresh(FIRST, None), failed), (refresh(FIRST, None), used())]);
    expect(&calls, &Rules::new(), Violation::HonestLogout);
}

#[test]
fn an_unknown_outcome_may_have_used_the_token() {
    for open in [Answer::Unavailable { is_unknown: true }, Answer::Lost] {
        let calls = after_login(&[(refresh(FIRST, None), open.clone()), (refresh(FIRST, None), used())]);
        expect_exception(&calls, &Rules::new(), Exception::UnknownOutcome, 1);
        // It may also have done nothing.
        let calls = after_login(&[(refresh(FIRST, None), open), (refresh(FIRST, None), tokens(2))]);
        expect_clean(&calls, &Rules::new());
    }
}

#[test]
fn a_rejected_retry_with_the_key_is_found() {
    let calls = after_login(&[(refresh(FIRST, KEY), Answer::Lost), (refresh(FIRST, KEY), used())]);
    expect(&calls, &Rules::new(), Violation::HonestLogout);
}

#[test]
fn a_rejected_shared_refresh_is_found() {
    let calls = after_login(&[(refresh(FIRST, None), Answer::Lost), (refresh(FIRST, None), used())]);
    expect(&calls, &shares(), Violation::HonestLogout);
    let mut late = calls;
    late[2] = call(refresh(FIRST, None), 20, 21, reuse());
    expect_exception(&late, &shares(), Exception::UnknownOutcome, 1);
}

#[test]
fn reuse_that_is_detected_in_the_grace_period_is_found() {
    let calls = after_login(&[(refresh(FIRST, None), tokens(2)), (refresh(FIRST, None), reuse())]);
    expect(&calls, &Rules::new(), Violation::HonestLogout);
}

#[test]
fn a_logout_without_an_answer_may_have_ended_the_session() {
    let calls = after_login(&[
        (logout(FIRST), Answer::Unavailable { is_unknown: false }),
        (refresh(FIRST, None), rejected("invalid_refresh_token", Some("logged_out"))),
        (verify(FIRST), rejected("invalid_token", None)),
    ]);
    expect_clean(&calls, &Rules::new());
}

#[test]
fn access_tokens_end_by_age_and_by_number() {
    let mut calls = after_login(&[]);
    calls.push(call(verify(FIRST), 899, 900, rejected("invalid_token", None)));
    expect_exception(&calls, &Rules::new(), Exception::Expired, 1);
    let mut steps: Vec<_> = (1..=16).map(|token| (refresh(token, None), tokens(token + 1))).collect();
    steps.push((verify(FIRST), rejected("invalid_token", None)));
    expect_exception(&after_login(&steps), &Rules::new(), Exception::TooManyAccessTokens, 1);
    steps.remove(15);
    expect(&after_login(&steps), &Rules::new(), Violation::HonestLogout);
}

#[test]
fn answers_outside_the_contract_are_found() {
    for answer in [Answer::Wrong("500".to_owned()), Answer::Limited, rejected("invalid_credentials", None)] {
        expect(&after_login(&[(verify(FIRST), answer)]), &Rules::new(), Violation::WrongAnswer);
    }
}

#[test]
fn a_call_that_takes_too_long_is_found() {
    let mut calls = after_login(&[]);
    calls.push(call(verify(FIRST), 2, 8, Answer::Unavailable { is_unknown: false }));
    let rules = Rules { limit: at(5), ..Rules::new() };
    expect(&calls, &rules, Violation::TooSlow);
    calls[1].stalled = at(1);
    expect_clean(&calls, &rules);
}

#[test]
fn tokens_of_another_user_or_session_are_found() {
    let issued = |subject, session| Answer::Tokens(Issued { access: 1_002, refresh: 2, subject, session });
    for answer in [issued(51, 60), issued(50, 61)] {
        expect(&after_login(&[(refresh(FIRST, None), answer)]), &Rules::new(), Violation::NotTheCallers);
    }
    for (user, answer) in [(6, issued(50, 61)), (5, issued(50, 60))] {
        let mut calls = after_login(&[]);
        calls.push(Call { session: 1, user, ..call(Operation::Login, 2, 3, answer) });
        expect(&calls, &Rules::new(), Violation::NotTheCallers);
    }
}
