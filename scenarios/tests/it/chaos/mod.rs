//! Truth under chaos: whatever goes wrong, a drill says that it passed only if the archive of that night is there, encrypted, and restores byte
//! for byte, whatever the form that the script gives it. Nights are drawn by a seed: `NIGHTPROOF_CHAOS_SEED` replays one draw, `NIGHTPROOF_CHAOS_NIGHTS` says how many to draw.

mod draw;
mod form;
mod stage;
mod witness;

use std::collections::BTreeMap;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nightproof_drill::{DrillResult, Outcome};
use nightproof_machine::tools;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use draw::Case;
use form::{Drawn, FORMS};

/// Nights of a run of the tests; many more are drawn every night.
const USUAL_NIGHTS: u32 = 25;

/// Drills at a time: most of a drill that breaks is waiting.
const AT_ONCE: usize = 4;

/// The drill's own limits are far below this, even with every one of them reached in turn.
const LIMIT: Duration = Duration::from_secs(300);

#[test]
fn a_drill_says_passed_only_of_a_night_whose_archive_restores() {
    let replayed = number("NIGHTPROOF_CHAOS_SEED");
    let first = replayed.unwrap_or_else(rand::random);
    let wanted = number("NIGHTPROOF_CHAOS_NIGHTS").and_then(|nights| u32::try_from(nights).ok());
    let wanted = wanted.unwrap_or(if replayed.is_some() { 1 } else { USUAL_NIGHTS });
    println!("chaos: NIGHTPROOF_CHAOS_SEED={first} NIGHTPROOF_CHAOS_NIGHTS={wanted}");
    let panics = count_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let told = runtime.block_on(rehearse(first, wanted));
    println!("chaos: {told:?}");
    assert_eq!(panics.load(Ordering::SeqCst), 0, "something panicked, see above");
    // A property that is never put to the test is none.
    if wanted >= USUAL_NIGHTS {
        assert!(told.get("Passed").is_some_and(|count| *count > 0), "no night passed: {told:?}");
        assert!(told.get("Failed").is_some_and(|count| *count > 0), "no night failed: {told:?}");
    }
}

/// The forms that are drawn are what the drill takes them for, and what makes a bad one of them is noticed.
#[test]
fn each_form_passes_undisturbed_and_its_bad_twin_does_not() {
    let panics = count_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let cases = FORMS.iter().zip(0_u64..).flat_map(|(form, seed)| {
        let twins = form.twins();
        let twin = twins.get(seed as usize % twins.len()).copied();
        [None, twin].map(|twin| Case::undisturbed(seed, Drawn { form, twin, is_careless: false }))
    });
    let told = runtime.block_on(each(cases));
    assert_eq!(panics.load(Ordering::SeqCst), 0, "something panicked, see above");
    for (case, outcome) in told {
        let is_good = case.drawn.is_some_and(|drawn| drawn.twin.is_none());
        assert_eq!(outcome.result == DrillResult::Passed, is_good, "{case}\n{outcome:#?}");
    }
}

/// Draws cases until they have enough nights; answers how many drills came to which result.
async fn rehearse(first: u64, wanted: u32) -> BTreeMap<String, u32> {
    let (mut nights, mut seed) = (0, first);
    let cases = std::iter::from_fn(|| {
        let case = (nights < wanted).then(|| Case::draw(seed))?;
        nights += case.nights;
        seed = seed.wrapping_add(1);
        Some(case)
    });
    let mut told = BTreeMap::new();
    for (_, outcome) in each(cases).await {
        *told.entry(format!("{:?}", outcome.result)).or_default() += 1;
    }
    told
}

/// Rehearses each case; answers what it came to.
async fn each(cases: impl Iterator<Item = Case>) -> Vec<(Case, Outcome)> {
    let tools = tools::ensure(|_| ()).expect("Python's part");
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let (mut drills, mut told) = (JoinSet::new(), Vec::new());
    for case in cases {
        let (tools, permits) = (tools.clone(), Arc::clone(&permits));
        drills.spawn(async move {
            let _permit = permits.acquire_owned().await.expect("never closed");
            match tokio::time::timeout(LIMIT, one(&case, tools)).await {
                Ok(outcome) => (case, outcome),
                Err(_) => panic!("the drill of seed {} did not end within {} s:\n{case}", case.seed, LIMIT.as_secs()),
            }
        });
    }
    while let Some(ended) = drills.join_next().await {
        told.push(ended.unwrap_or_else(|error| panic::resume_unwind(error.into_panic())));
    }
    told
}

/// Rehearses one case and looks into the store itself.
async fn one(case: &Case, tools: tools::Tools) -> Outcome {
    let stage = stage::Stage::open(case, tools).await;
    let outcome = stage.drill(case).await;
    let seen = witness::look(&stage, case, &outcome).await;
    // Whoever finds nothing at the end must have found something before.
    let blind = outcome.result == DrillResult::Passed && stage.processes().is_empty();
    let left = stage.close().await;
    assert!(!blind, "seed {}: no process was seen of a drill whose instance runs", case.seed);
    assert!(seen.is_empty() && left.is_empty(), "seed {}: {seen:#?} {left:?}\n{case}\n{outcome:#?}", case.seed);
    outcome
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// Counts panics from now on, those of tasks that nobody waits for included, but not those of other tests, whose threads have the tests'
/// names.
fn count_panics() -> Arc<AtomicUsize> {
    let (count, usual) = (Arc::new(AtomicUsize::new(0)), panic::take_hook());
    let counted = Arc::clone(&count);
    panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if thread.name().is_none_or(|name| !name.contains("::") || name.starts_with("chaos::")) {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        usual(info);
    }));
    count
}
