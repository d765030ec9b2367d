//! Nights on which all is well.

use std::collections::BTreeSet;

use nightproof_scenarios::Template;

use crate::scenario;

#[test]
fn the_bundled_stack_passes_strictly() {
    let night = scenario().run().expect("a run");
    let outcome = night.assert_passed();
    assert!(outcome.findings.is_empty(), "{:#?}", outcome.findings);
    let archive = outcome.archive.as_ref().expect("an archive");
    assert!(archive.key.starts_with(&format!("backups/{}/", archive.instance)), "{archive:#?}");
    assert!(archive.files > 200);
}

#[test]
fn three_nights_make_three_archives() {
    let night = scenario().with(&["--nights", "3"]).run().expect("a run");
    let outcome = night.assert_passed();
    let keys: BTreeSet<_> =
        outcome.nights.iter().flat_map(|night| &night.archives).map(|archive| (&archive.key, &archive.version)).collect();
    assert_eq!((outcome.nights.len(), keys.len()), (3, 3), "{outcome:#?}");
}

#[test]
fn every_tagged_instance_is_backed_up_and_no_other() {
    let template = Template::default().with_instance("SecondServer", "Enabled").with_instance("Untagged", "Disabled");
    let night = scenario().template(&template).expect("a template").with(&["--strict"]).run().expect("a run");
    let outcome = night.assert_passed();
    let instances: BTreeSet<_> = outcome.nights[0].archives.iter().map(|archive| &archive.instance).collect();
    assert_eq!(instances.len(), 2, "{outcome:#?}");
}
