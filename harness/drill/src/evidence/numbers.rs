//! What a drill measured: how long a restore takes, for how long nothing could have been restored, how archives grow; and what of it is over
//! its budget.

use crate::demands::{Before, Budgets};
use crate::numbers::{Numbers, Rpo, Rto, spoken};
use crate::{Finding, Night};

/// What `nights` come to. `ended` is the time on the region's clock at their end; a restore on this machine is `local`.
pub(crate) fn from_nights(nights: &[Night], ended: Option<i64>, local: bool, before: Before) -> Numbers {
    let chains = chains(nights);
    // Which of several chains an earlier drill ended with is not known.
    let before = if chains.len() > 1 { Before::Unknown } else { before };
    Numbers {
        rto: rto(nights, local),
        rpo: chains.iter().filter_map(|nights| rpo(nights, ended)).max_by_key(|rpo| rpo.seconds),
        size_change: chains.iter().filter_map(|nights| size_change(nights, before)).max_by(f64::total_cmp),
        age: None,
    }
}

/// The nights of each chain: what one leaves makes up for nothing that another does not.
fn chains(nights: &[Night]) -> Vec<Vec<&Night>> {
    let mut chains: Vec<Vec<&Night>> = Vec::new();
    for night in nights {
        match chains.iter_mut().find(|chain| chain.first().is_some_and(|first| first.trigger == night.trigger)) {
            Some(chain) => chain.push(night),
            None => chains.push(vec![night]),
        }
    }
    chains
}

/// The night whose restore took longest.
fn rto(nights: &[Night], local: bool) -> Option<Rto> {
    let of_night = |night: &Night| {
        let milliseconds = night.restore.iter().map(|part| part.milliseconds).sum::<f64>();
        night.restorable.is_some().then(|| Rto { milliseconds, night: night.night, local, parts: night.restore.clone() })
    };
    nights.iter().filter_map(of_night).max_by(|one, other| one.milliseconds.total_cmp(&other.milliseconds))
}

/// The longest time between two moments at which there was a new restorable archive; and from the last of them to the end, if nights came
/// that left none.
fn rpo(nights: &[&Night], ended: Option<i64>) -> Option<Rpo> {
    let good: Vec<i64> = nights.iter().filter_map(|night| night.restorable).collect();
    let missed = nights.last().is_some_and(|night| night.restorable.is_none());
    let to_the_end = ended.filter(|_| missed);
    let moments: Vec<i64> = good.iter().copied().chain(to_the_end).collect();
    let gaps = moments.windows(2).filter_map(|pair| match pair {
        [from, to] => u64::try_from(to.saturating_sub(*from)).ok(),
        _ => None,
    });
    gaps.max().map(|seconds| Rpo { seconds, nights: nights.len() as u64, at_least: missed })
}

/// The largest change from one night's archives to the next one's, percent.
fn size_change(nights: &[&Night], before: Before) -> Option<f64> {
    let earlier = if let Before::Bytes(bytes) = before { Some(bytes) } else { None };
    let sizes = nights.iter().filter(|night| night.restorable.is_some());
    let sizes: Vec<u64> = earlier.into_iter().chain(sizes.map(|night| night.bytes())).collect();
    let changes = sizes.windows(2).filter_map(|pair| match pair {
        [before, after] if *before > 0 => Some(percent(before.abs_diff(*after), *before)),
        _ => None,
    });
    changes.max_by(f64::total_cmp)
}

#[expect(clippy::cast_precision_loss, reason = "a percentage need not be exact to a byte of an exbibyte")]
fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole as f64
}

/// What is over its budget, and what has one and could not be measured.
pub fn over_budget(numbers: &Numbers, budgets: &Budgets) -> Vec<Finding> {
    let finding = |id: &str, detail: String| Finding { id: id.to_owned(), detail };
    let mut found = Vec::new();
    if let (Some(budget), Some(rto)) = (budgets.rto, &numbers.rto)
        && rto.milliseconds > budget.as_secs_f64() * 1000.0
    {
        let detail = format!("a restore takes {}, and may take {}", rto, spoken(budget));
        found.push(finding("over-budget-rto", detail));
    }
    match (budgets.rpo, &numbers.rpo) {
        (Some(budget), Some(rpo)) if rpo.seconds > budget.as_secs() => {
            let detail = format!("for {} there was no new restorable archive, and it may be {}", rpo, spoken(budget));
            found.push(finding("over-budget-rpo", detail));
        }
        (Some(_), None) if numbers.age.is_none() => {
            let detail = "the time between restorable archives has a budget, and takes two nights that restore: give `nights: 2`";
            found.push(finding("rpo-not-measured", detail.to_owned()));
        }
        _ => {}
    }
    if let (Some(budget), Some(age)) = (budgets.rpo, &numbers.age)
        && age.seconds.is_none_or(|seconds| seconds > budget.as_secs())
    {
        let is = if age.seconds.is_some() { "the newest archive is old: " } else { "" };
        found.push(finding("over-budget-rpo", format!("{is}{age}; it may be {} old", spoken(budget))));
    }
    match (budgets.size_change, numbers.size_change) {
        (Some(budget), Some(change)) if change > budget => {
            let detail = format!("archives changed in size by {change:.1} % from one to the next, and may by {budget} %");
            found.push(finding("over-budget-size-change", detail));
        }
        (Some(_), None) if budgets.before != Before::First => {
            let detail = "the change in size has a budget, and nothing to compare with: give `nights: 2`, or --history FILE";
            found.push(finding("size-change-not-measured", detail.to_owned()));
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::Archive;
    use crate::numbers::{Age, RestorePart};

    fn night(night: u32, restorable: Option<i64>, bytes: u64, milliseconds: &[f64]) -> Night {
        let part = |milliseconds: &f64| RestorePart { part: "fetch".to_owned(), milliseconds: *milliseconds };
        Night {
            night,
            trigger: String::new(),
            archives: vec![Archive { bytes, ..Archive::default() }],
            restorable,
            restore: milliseconds.iter().map(part).collect(),
        }
    }

    fn ids(numbers: &Numbers, budgets: &Budgets) -> Vec<String> {
        over_budget(numbers, budgets).into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn the_longest_restore_counts_with_all_of_its_parts() {
        let nights = [night(1, Some(0), 1, &[100.0, 250.0]), night(2, Some(9), 1, &[300.0])];
        let rto = from_nights(&nights, None, true, Before::Unknown).rto.unwrap();
        assert_eq!((rto.milliseconds, rto.night, rto.parts.len(), rto.local), (350.0, 1, 2, true));
        // A restore that did not agree was none.
        assert_eq!(from_nights(&[night(1, None, 1, &[100.0])], None, true, Before::Unknown).rto, None);
    }

    #[test]
    fn the_longest_time_without_an_archive_has_missed_nights_in_it() {
        const DAY: i64 = 86_400;
        let one = night(1, Some(0), 1, &[]);
        assert_eq!(from_nights(std::slice::from_ref(&one), Some(10), true, Before::Unknown).rpo, None);
        let whole = from_nights(&[one.clone(), night(2, Some(DAY), 1, &[])], Some(DAY + 10), true, Before::Unknown).rpo.unwrap();
        assert_eq!((whole.seconds, whole.at_least), (86_400, false));
        let missed = [one.clone(), night(2, Some(DAY), 1, &[]), night(3, None, 1, &[])];
        let missed = from_nights(&missed, Some(3 * DAY), true, Before::Unknown).rpo.unwrap();
        assert_eq!((missed.seconds, missed.at_least), (2 * 86_400, true));
        assert_eq!(from_nights(&[night(1, None, 1, &[])], Some(DAY), true, Before::Unknown).rpo, None);
    }

    #[test]
    fn what_one_chain_leaves_makes_up_for_nothing_of_another() {
        const DAY: i64 = 86_400;
        let of_chain = |trigger: &str, night: Night| Night { trigger: trigger.to_owned(), ..night };
        let nights = [
            of_chain("a", night(1, Some(0), 100, &[])),
            of_chain("b", night(2, Some(DAY / 2), 10, &[])),
            of_chain("a", night(3, Some(DAY), 100, &[])),
            of_chain("b", night(4, Some(DAY + DAY / 2), 10, &[])),
        ];
        let numbers = from_nights(&nights, None, true, Before::Bytes(1));
        assert_eq!(numbers.rpo.map(|rpo| (rpo.seconds, rpo.nights)), Some((86_400, 2)));
        assert_eq!(numbers.size_change, Some(0.0));
    }

    #[test]
    fn archives_change_in_size_from_night_to_night_and_from_the_last_drill() {
        let nights = [night(1, Some(0), 100, &[]), night(2, Some(1), 150, &[]), night(3, Some(2), 120, &[])];
        assert_eq!(from_nights(&nights, None, true, Before::Unknown).size_change, Some(50.0));
        assert_eq!(from_nights(&nights, None, true, Before::Bytes(400)).size_change, Some(75.0));
        assert_eq!(from_nights(&nights[..1], None, true, Before::First).size_change, None);
        assert_eq!(from_nights(&nights[..1], None, true, Before::Bytes(100)).size_change, Some(0.0));
    }

    #[test]
    fn what_is_over_its_budget_and_what_could_not_be_measured_is_found() {
        let budgets = Budgets {
            rto: Some(Duration::from_millis(300)),
            rpo: Some(Duration::from_secs(3600)),
            size_change: Some(10.0),
            before: Before::Unknown,
        };
        let nights = [night(1, Some(0), 100, &[350.0]), night(2, Some(7200), 150, &[1.0])];
        let over = from_nights(&nights, None, true, Before::Unknown);
        assert_eq!(ids(&over, &budgets), ["over-budget-rto", "over-budget-rpo", "over-budget-size-change"]);
        let within =
            from_nights(&[night(1, Some(0), 100, &[299.0]), night(2, Some(3600), 110, &[1.0])], None, true, Before::Unknown);
        assert_eq!(ids(&within, &budgets), [""; 0]);
        let single = from_nights(&[night(1, Some(0), 100, &[1.0])], None, true, Before::Unknown);
        assert_eq!(ids(&single, &budgets), ["rpo-not-measured", "size-change-not-measured"]);
        assert_eq!(ids(&single, &Budgets { before: Before::First, rpo: None, ..budgets }), [""; 0]);
        assert_eq!(ids(&over, &Budgets::default()), [""; 0]);
    }

    #[test]
    fn the_newest_archive_of_an_account_may_be_as_old_as_the_time_without_one() {
        let budgets = Budgets { rpo: Some(Duration::from_secs(3600)), ..Budgets::default() };
        let aged = |seconds| Numbers { age: Some(Age { seconds, archive: "s3://b/a".to_owned() }), ..Numbers::default() };
        assert_eq!(ids(&aged(Some(3600)), &budgets), [""; 0]);
        assert_eq!(ids(&aged(Some(3601)), &budgets), ["over-budget-rpo"]);
        assert_eq!(ids(&aged(None), &budgets), ["over-budget-rpo"]);
        assert_eq!(ids(&aged(None), &Budgets::default()), [""; 0]);
    }
}
