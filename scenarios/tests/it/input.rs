//! What is wrong with a template is said before anything is made, or as the failing resource's own reason.

use crate::changed;

#[test]
fn a_dangling_reference_is_bad_input_with_its_name() {
    let night = changed("      VpcId: !Ref Vpc\n", "      VpcId: !Ref Vcp\n").run().expect("a run");
    assert_eq!(night.code, 2, "{night:#?}");
    assert!(night.why().contains("Vcp"), "{night:#?}");
}

#[test]
fn an_unknown_type_is_named() {
    let night = changed("    Type: AWS::SQS::Queue\n", "    Type: AWS::SQS::Kueue\n").run().expect("a run");
    assert!(matches!(night.code, 1 | 2), "{night:#?}");
    assert!(night.why().contains("Template format error: Unrecognized resource types: [AWS::SQS::Kueue]"), "{night:#?}");
    assert!(night.left.is_empty(), "{night:#?}");
}

#[test]
fn a_yaml_error_points_at_line_and_column() {
    let night = changed("  Schedule:\n    Type: String\n", "  Schedule:\n    Type: [String\n").run().expect("a run");
    assert_eq!(night.code, 2, "{night:#?}");
    let line = 1 + nightproof_scenarios::BUNDLED.lines().position(|line| line == "  Schedule:").expect("the parameter");
    // A bracket left open is noticed on one of the lines after it.
    assert!((line..line + 4).any(|line| night.errors.contains(&format!(":{line}:"))), "{}", night.errors);
}

#[test]
fn data_that_is_no_folder_is_bad_input() {
    let night = crate::scenario().with(&["--data", "/nonexistent/data"]).run().expect("a run");
    assert_eq!(night.code, 2, "{night:#?}");
}
