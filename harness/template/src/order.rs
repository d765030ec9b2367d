//! Order by dependency, in time linear in the dependencies.

use std::collections::{BTreeMap, BTreeSet};

/// Waves of names, each of which depends only on earlier waves, and the names that wait for themselves: those on a circle, or
/// between two circles.
pub(crate) fn waves(edges: &BTreeMap<String, BTreeSet<String>>) -> (Vec<Vec<String>>, BTreeSet<String>) {
    let (waves, left) = peel(edges);
    if left.is_empty() {
        return (waves, left);
    }
    // What merely depends on a circle is not on it: peel from the other side too.
    let mut turned: BTreeMap<String, BTreeSet<String>> = left.iter().map(|name| (name.clone(), BTreeSet::new())).collect();
    for name in &left {
        for on in edges.get(name).into_iter().flatten() {
            if let Some(dependents) = turned.get_mut(on) {
                dependents.insert(name.clone());
            }
        }
    }
    (waves, peel(&turned).1)
}

fn peel(edges: &BTreeMap<String, BTreeSet<String>>) -> (Vec<Vec<String>>, BTreeSet<String>) {
    let mut dependents: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    let mut missing: BTreeMap<&String, usize> = BTreeMap::new();
    for (name, on) in edges {
        let within = on.iter().filter(|other| edges.contains_key(*other));
        missing.insert(name, within.clone().count());
        for other in within {
            dependents.entry(other).or_default().push(name);
        }
    }
    let mut waves = Vec::new();
    let mut wave: Vec<&String> = missing.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while !wave.is_empty() {
        let mut next = Vec::new();
        for name in &wave {
            missing.remove(name);
            for dependent in dependents.get(name).into_iter().flatten() {
                if let Some(count) = missing.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        next.push(*dependent);
                    }
                }
            }
        }
        next.sort();
        waves.push(wave.into_iter().cloned().collect());
        wave = next;
    }
    (waves, missing.into_keys().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let node = |part: &str| {
            let (name, on) = part.split_once(':').unwrap();
            (name.to_owned(), on.chars().map(String::from).collect())
        };
        text.split(' ').map(node).collect()
    }

    #[test]
    fn waves_wait_for_what_they_depend_on() {
        let (waves, circle) = waves(&graph("a: b:a c:a d:bc"));
        assert_eq!(waves, [vec!["a"], vec!["b", "c"], vec!["d"]]);
        assert!(circle.is_empty());
    }

    #[test]
    fn circles_leave_out_what_only_depends_on_them() {
        let (_, circle) = waves(&graph("a:b b:a c:a d:c e:"));
        assert_eq!(circle.into_iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(waves(&graph("a:a")).1.len(), 1);
    }
}
