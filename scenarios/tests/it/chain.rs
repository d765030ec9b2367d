//! Nights on which a link of the chain breaks: the drill names the link, and says why.

use crate::{changed, scenario};

#[test]
fn a_missing_data_path_fails_the_script() {
    let night = scenario().with(&["--parameter", "DataPath=/srv/absent"]).run().expect("a run");
    night.assert_broken("script", "data path /srv/absent does not exist");
}

#[test]
fn a_script_that_exits_non_zero_is_told_with_its_code() {
    let night =
        changed("          umask 077\n", "          umask 077\n          echo enough >&2; exit 3\n").run().expect("a run");
    night.assert_broken("script", "exit code 3");
    assert!(night.why().contains("enough"), "{}", night.why());
}

#[test]
fn a_script_that_succeeds_without_uploading_is_found_out() {
    let night = changed("          aws s3 cp \"$archive\"", "          true \"$archive\"").run().expect("a run");
    night.assert_broken("object", "0 new archives");
}

#[test]
fn a_partial_archive_is_found_out() {
    let night = changed("-czf \"$archive\" .", "-czf \"$archive\" --exclude=./articles .").run().expect("a run");
    night.assert_broken("restore", "missing: articles");
}

#[test]
fn a_truncated_archive_is_found_out() {
    let night = changed("          sum=$(sha256sum", "          truncate -s -100 \"$archive\"\n          sum=$(sha256sum")
        .run()
        .expect("a run");
    night.assert_broken("restore", "cannot be unpacked");
}

#[test]
fn a_handler_that_raises_is_told_with_its_exception() {
    let night = changed(
        "          def handler(event, context):\n",
        "          def handler(event, context):\n              raise ValueError(\"broken on purpose\")\n",
    )
    .run()
    .expect("a run");
    night.assert_broken("function", "ValueError: broken on purpose");
}

#[test]
fn a_handler_that_times_out_is_told_so() {
    let night = changed(
        "          def handler(event, context):\n",
        "          def handler(event, context):\n              time.sleep(30)\n",
    );
    let template = std::fs::read_to_string(night.folder().join("template.yaml")).expect("the template");
    std::fs::write(night.folder().join("template.yaml"), template.replacen("Timeout: 60", "Timeout: 2", 1))
        .expect("the template");
    night.run().expect("a run").assert_broken("function", "timed out");
}

#[test]
fn a_handler_that_returns_its_error_is_found_out() {
    let night = changed(
        "          def handler(event, context):\n",
        "          def handler(event, context):\n              return {\"statusCode\": 500, \"body\": \"failed\"}\n",
    )
    .run()
    .expect("a run");
    night.assert_broken("command", "sent no command");
}

#[test]
fn a_tag_that_no_instance_has_is_an_error() {
    let night = changed("          TAG_VALUE: Enabled", "          TAG_VALUE: Enbaled").run().expect("a run");
    assert_eq!((night.code, night.outcome.is_some()), (1, true), "{night:#?}");
    // Refused by the role's tag condition or found without targets: either way no night passes.
    assert!(matches!(night.hop(), Some("function" | "command")), "{night:#?}");
}

#[test]
fn a_rule_without_permission_is_told_so() {
    let night =
        changed("      Principal: events.amazonaws.com\n      SourceArn", "      Principal: s3.amazonaws.com\n      SourceArn")
            .run()
            .expect("a run");
    night.assert_broken("rule", "does not let events.amazonaws.com invoke it");
}

#[test]
fn a_port_open_beside_https_fails_a_strict_drill_only() {
    let ssh = "        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}\n";
    let open = |strict: &[&str]| {
        let mark = "      # Run Command needs no inbound port";
        changed(mark, &format!("{ssh}{mark}")).with(strict).run().expect("a run")
    };
    let night = open(&["--strict"]);
    night.assert_broken("findings", "open-port: WebSecurityGroup lets tcp port 22 in from 0.0.0.0/0");
    let night = open(&[]);
    assert_eq!(night.assert_passed().findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(), ["open-port"]);
}
