//! nightproof as a library: what docs/library.md shows, run. The machines of these tests are this test's own program.

use std::time::Duration;

use nightproof::faults::{Effect, ErrorAnswer, Matcher, Occurrence, Rule};
use nightproof::{Drill, Exit, Hop, Region};
use nightproof_rstest::region;
use rstest::rstest;

/// `operation` of `service` is denied.
fn denied(service: &str, operation: &str) -> Rule {
    Rule {
        when: Matcher { service: Some(service.to_owned()), operation: Some(operation.to_owned()), ..Matcher::default() },
        occurrence: Occurrence::Always,
        then: Effect::Error(ErrorAnswer { code: "AccessDenied".to_owned(), status: 403, message: "Access Denied".to_owned() }),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn code_with_an_sdk_runs_on_a_region(#[future(awt)] region: Region) -> Result<(), Box<dyn std::error::Error>> {
    // Your code, with its clients made of this configuration.
    let sts = aws_sdk_sts::Client::new(&region.sdk_config());
    let identity = sts.get_caller_identity().send().await?;
    assert_eq!(identity.account(), Some(region.account()));
    region.calls().to("sts").named("GetCallerIdentity").succeeded().assert_count(1);

    // What if AWS refuses?
    region.set_faults(vec![denied("sts", "GetCallerIdentity")]);
    assert!(sts.get_caller_identity().send().await.is_err());
    region.calls().failed_with("AccessDenied").assert_count(1);

    // What if a week passes?
    let before = region.now();
    region.advance(Duration::from_secs(7 * 24 * 3600));
    assert!(region.now() >= before + Duration::from_secs(7 * 24 * 3600));
    Ok(region.stop().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_restores_passes() -> Result<(), nightproof::TestError> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("index.html"), "<h1>hello</h1>").expect("a file");
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../stack/template.yaml");

    let verdict = Drill::new(template).data(folder.path()).strict().run().await?;
    verdict.assert_passed();
    assert!(verdict.nights.iter().all(|night| night.archives.iter().all(|archive| archive.identical)));
    verdict.calls().to("s3").named("PutObject").by("*:assumed-role/*InstanceRole*").succeeded().assert_some();
    assert!(verdict.page().contains("<html") && verdict.junit().contains("<testsuite"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_denied_breaks_the_night_in_the_script() -> Result<(), nightproof::TestError> {
    let region = Region::start().await?;
    let mut fault = denied("s3", "PutObject");
    fault.when.principal = Some("*:assumed-role/*InstanceRole*".to_owned());
    region.set_faults(vec![fault]);
    let verdict = Drill::bundled().run_in(&region).await?;
    verdict.assert_broken(Hop::Script, "AccessDenied");
    assert_eq!(verdict.exit(), Exit::Failed);
    region.stop().await
}

#[tokio::test]
async fn a_template_that_is_missing_is_an_error_with_its_name() {
    let error = Drill::new("/nowhere/template.yaml").run().await.expect_err("no template");
    assert_eq!(error.exit(), Exit::Input);
    assert!(error.to_string().contains("/nowhere/template.yaml"), "{error}");
}

/// How many lines of code of `page` there are; each is a line of `code`, which is run.
fn shown(page: &str, language: &str, code: &str) -> usize {
    let run: Vec<&str> = code.lines().map(str::trim).collect();
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let lines: Vec<&str> = blocks.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect();
    for line in &lines {
        assert!(run.contains(line), "the page has a line that no test runs: {line}");
    }
    lines.len()
}

#[test]
fn the_documentation_shows_what_is_run() {
    assert!(shown(include_str!("../../../docs/library.md"), "rust", include_str!("library.rs")) > 20);
    let fixtures = include_str!("../../../harness/python/tests/test_fixtures.py");
    assert!(shown(include_str!("../../../docs/python.md"), "python", fixtures) > 15);
}
