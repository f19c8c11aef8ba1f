use super::*;
use crate::expected::Expected;

fn suite() -> Suite {
    toml::from_str(
        "id = 's'\nstandard = 'S 1.0'\nartefact = 'ets-s'\nversion = '1.0'\nkind = 'testng'\ncontroller = 'S'\n\
         subject = 'iut'\ntargets = ['{base}']\n\
         classes = [{ name = 'Core', mandatory = true }, { name = 'Extra' }, { name = 'Later', off = 'later' }]",
    )
    .expect("a suite")
}

fn case(class: &str, test: &str, status: Status) -> Case {
    let message = if status == Status::Passed { "" } else { "because" };
    let (class, test, message) = (class.to_owned(), test.to_owned(), message.to_owned());
    Case { class, test, input: String::new(), status, message }
}

fn good() -> Vec<Case> {
    vec![
        case("Core", "a", Status::Passed),
        case("Core", "b", Status::Passed),
        case("Extra", "c", Status::Passed),
        case("Later", "set-up", Status::Gate),
        case("Later", "d", Status::Skipped),
    ]
}

fn facts() -> Facts {
    Facts { ended: vec![Ended::Code(0)], ..Facts::default() }
}

fn judged(cases: &[Case]) -> Verdict {
    judge(&suite(), cases, &facts(), None, &[])
}

fn waiver() -> Waiver {
    let part = |text: &str| text.to_owned();
    Waiver {
        suite: part("s"),
        class: part("Core"),
        test: part("a"),
        issue: part("https://x.org/i/1"),
        reading: part("r"),
    }
}

#[test]
fn a_good_run_is_clean_and_names_the_gate_of_its_skips() {
    let verdict = judged(&good());
    assert_eq!(verdict.problems, Vec::<String>::new());
    assert!(verdict.core_passed);
    assert_eq!(verdict.totals, Counts { passed: 3, failed: 0, skipped: 1, other: 0 });
    assert_eq!(verdict.classes[2].gates, ["because"]);
}

#[test]
fn a_run_without_tests_is_no_pass() {
    let verdict = judged(&[]);
    assert!(!verdict.core_passed);
    assert!(verdict.problems.contains(&"it ran no test".to_owned()), "{:?}", verdict.problems);
}

#[test]
fn a_failure_anywhere_is_a_problem_but_only_a_mandatory_class_is_core() {
    let mut cases = good();
    cases[2].status = Status::Failed;
    let verdict = judged(&cases);
    assert!(verdict.core_passed);
    assert_eq!(verdict.problems, ["1 test failed"]);
    cases[0].status = Status::Failed;
    let verdict = judged(&cases);
    assert!(!verdict.core_passed);
    assert_eq!(verdict.problems, ["2 tests failed"]);
    let mut off = good();
    off[4].status = Status::Failed;
    assert_eq!(judged(&off).problems, ["1 test failed"], "also in a class that isn't claimed");
}

#[test]
fn a_class_that_is_claimed_and_missing_or_skipped_is_a_problem() {
    let without_extra: Vec<_> = good().into_iter().filter(|c| c.class != "Extra").collect();
    assert_eq!(judged(&without_extra).problems, ["the class 'Extra' is missing from the results"]);
    let mut skipped = good();
    skipped[2] = case("Extra", "c", Status::Skipped);
    assert_eq!(judged(&skipped).problems, ["the class 'Extra' was skipped as a whole: because"]);
    let mut gated = good();
    gated.push(case("Core", "set-up", Status::Gate));
    assert!(!judged(&gated).core_passed, "a mandatory class whose set-up failed");
}

#[test]
fn a_mandatory_class_that_passes_nothing_is_a_problem() {
    let mut cases = good();
    cases[0].status = Status::Inherited;
    cases[1].status = Status::Warning;
    let verdict = judged(&cases);
    assert!(!verdict.core_passed);
    assert_eq!(verdict.problems, ["the class 'Core' passed no test"]);
}

#[test]
fn how_the_process_ended_and_what_the_mirror_lacked_count() {
    let mut facts = facts();
    facts.ended = vec![Ended::Code(0), Ended::TimedOut(std::time::Duration::from_secs(300))];
    facts.misses = vec!["GET http://x.org/a".into(), "GET http://x.org/b".into()];
    let verdict = judge(&suite(), &good(), &facts, None, &[]);
    assert_eq!(verdict.problems.len(), 2);
    assert!(verdict.problems[0].contains("300 s"));
    assert!(verdict.problems[1].ends_with("GET http://x.org/a and 1 more"));
}

#[test]
fn a_report_that_knows_of_more_failures_is_believed() {
    let mut facts = facts();
    facts.earl = Some(Earl { passed: 2, failed: 1, skipped: 1, core_passed: None });
    assert_eq!(judge(&suite(), &good(), &facts, None, &[]).problems.len(), 1);
    facts.earl = Some(Earl { passed: 2, failed: 0, skipped: 9, core_passed: None });
    assert!(judge(&suite(), &good(), &facts, None, &[]).problems.is_empty());
}

#[test]
fn a_waived_failure_stays_visible_and_counted_but_is_no_problem() {
    let mut cases = good();
    cases[0].status = Status::Failed;
    let verdict = judge(&suite(), &cases, &facts(), None, &[waiver()]);
    assert!(verdict.problems.is_empty(), "{:?}", verdict.problems);
    assert_eq!(verdict.totals.failed, 1);
    assert!(!verdict.core_passed);
    assert_eq!(verdict.failures[0].waived.as_deref(), Some("https://x.org/i/1"));
}

#[test]
fn a_waiver_that_covers_nothing_is_a_problem() {
    let verdict = judge(&suite(), &good(), &facts(), None, &[waiver()]);
    assert_eq!(verdict.problems, ["the waiver of 'a' covers no failure any more: remove it"]);
    let mut elsewhere = waiver();
    elsewhere.suite = "other".into();
    assert!(judge(&suite(), &good(), &facts(), None, &[elsewhere]).problems.is_empty());
}

#[test]
fn failures_of_one_kind_are_told_once() {
    let mut cases = good();
    cases[0].status = Status::Failed;
    cases[1] = cases[0].clone();
    let verdict = judged(&cases);
    assert_eq!(verdict.failures.len(), 1);
    assert_eq!(verdict.failures[0].times, 2);
    assert_eq!(verdict.totals.failed, 2);
}

#[test]
fn fewer_passes_more_skips_or_a_lost_class_than_last_time_are_problems() {
    let before = Expected::of(&suite(), &judged(&good()));
    let compare = |cases: &[Case]| judge(&suite(), cases, &facts(), Some(&before), &[]).problems;
    assert!(compare(&good()).is_empty());
    let mut more = good();
    more.push(case("Extra", "new", Status::Passed));
    assert!(compare(&more).is_empty(), "more is better");
    let fewer: Vec<_> = good().into_iter().filter(|c| c.test != "b").collect();
    assert_eq!(compare(&fewer), ["the class 'Core' passed 1, before 2"]);
    let mut skips = good();
    skips.push(case("Extra", "e", Status::Skipped));
    assert_eq!(compare(&skips), ["the class 'Extra' skipped 1, before 0"]);
    let mut off = good();
    off.push(case("Later", "e", Status::Skipped));
    assert!(compare(&off).is_empty(), "what isn't claimed may be skipped");
    let mut other = suite();
    other.version = "2.0".into();
    let problems = judge(&other, &good(), &facts(), Some(&before), &[]).problems;
    assert!(problems.len() == 1 && problems[0].contains("1.0"), "{problems:?}");
    let mut without = suite();
    without.classes.retain(|c| c.name != "Extra");
    let cases: Vec<_> = good().into_iter().filter(|c| c.class != "Extra").collect();
    let problems = judge(&without, &cases, &facts(), Some(&before), &[]).problems;
    assert_eq!(problems, ["the class 'Extra' was there before and is missing"]);
}
