//! Templates as other people write them: parameters without values, what exists already, paths of their machine, assemblies of the AWS CDK.

use std::path::{Path, PathBuf};

use nightproof_scenarios::{BUNDLED, Night, Scenario};

use crate::scenario;

/// A file of `scenarios/strangers`.
fn stranger(name: &str) -> String {
    folder().join(name).to_string_lossy().into_owned()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("strangers")
}

fn night(name: &str, arguments: &[&str]) -> Night {
    scenario().with(&["--strict", "--template", &stranger(name)]).with(arguments).run().expect("a run")
}

fn assert_passed(night: &Night) {
    assert_eq!((night.code, night.hop()), (0, None), "{night:#?}");
    assert!(night.left.is_empty(), "{:?}", night.left);
    assert!(night.outcome.as_ref().expect("an outcome").nights[0].archives[0].identical);
}

/// A scenario whose folder has a copy of a folder of `scenarios/strangers`, and the copy.
fn copied(name: &str) -> (Scenario, PathBuf) {
    let scenario = scenario();
    let copy = scenario.folder().join(name);
    copy_all(&folder().join(name), &copy);
    (scenario, copy)
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn run(scenario: Scenario, template: &Path) -> Night {
    scenario.with(&["--template", &template.to_string_lossy()]).run().expect("a run")
}

/// Parameters that nobody gave a value.
mod parameters {
    use super::*;

    #[test]
    fn all_that_are_missing_are_asked_for_at_once() {
        let night = night("unknown-network.yaml", &["--parameter", "KeyName=mine"]);
        assert_eq!(night.code, 2, "{night:#?}");
        for text in [
            "6 parameters",
            "SubnetId",
            "AWS::EC2::Subnet::Id",
            "one of m5.large, t3.micro",
            "--parameters FILE",
            "--guess-parameters",
        ] {
            assert!(night.errors.contains(text), "{text}: {}", night.errors);
        }
        assert!(!night.errors.contains("KeyName"), "{}", night.errors);
    }

    #[test]
    fn guessed_values_name_what_the_region_then_has() {
        let night = night("unknown-network.yaml", &["--guess-parameters"]);
        assert_passed(&night);
        let guessed = &night.outcome.as_ref().expect("an outcome").guessed;
        let value = |name: &str| guessed.iter().find(|one| one.parameter == name).and_then(|one| one.value.as_deref());
        assert!(value("SubnetId").is_some_and(|id| id.starts_with("subnet-")), "{guessed:?}");
        assert_eq!(
            (value("InstanceType"), value("DatabasePassword"), value("Retention")),
            (Some("t3.micro"), Some("****"), None)
        );
    }

    #[test]
    fn what_cannot_be_made_up_is_refused_by_name() {
        let scenario = scenario();
        let template = scenario.folder().join("zone.yaml");
        let text = std::fs::read_to_string(folder().join("imports.yaml")).expect("a template");
        std::fs::write(&template, format!("{text}\nParameters: {{Zone: {{Type: 'AWS::Route53::HostedZone::Id'}}}}\n"))
            .expect("a file");
        let night = run(scenario.with(&["--guess-parameters"]), &template);
        assert_eq!(night.code, 2, "{night:#?}");
        assert!(night.errors.contains("names a hosted zone that exists already"), "{}", night.errors);
    }

    #[test]
    fn values_come_from_the_files_of_other_tools() {
        let scenario = scenario();
        let write = |name: &str, text: &str| {
            let path = scenario.folder().join(name);
            std::fs::write(&path, text).expect("a file");
            path.to_string_lossy().into_owned()
        };
        let sam = write(
            "samconfig.toml",
            "[default.deploy.parameters]\nparameter_overrides = \"KeyName=mine InstanceType=t3.micro ArchiveBucketName=to-be-replaced\"\n",
        );
        let pipeline = write(
            "pipeline.json",
            r#"{"Parameters": {"ArchiveBucketName": "archives-of-a-stranger", "DatabasePassword": "abcdefghijkl"}, "Tags": {"team": "ops"}, "StackPolicy": {"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}}"#,
        );
        let arguments = ["--strict", "--parameters", &sam, "--parameters", &pipeline, "--existing", &stranger("network.yaml")];
        let night = run(scenario.with(&arguments), &folder().join("unknown-network.yaml"));
        assert_passed(&night);
        let outcome = night.outcome.expect("an outcome");
        assert_eq!(outcome.archive.expect("an archive").bucket, "archives-of-a-stranger");
        assert!(outcome.guessed.is_empty(), "{:?}", outcome.guessed);
    }

    #[test]
    fn a_file_in_no_known_form_is_refused() {
        let scenario = scenario();
        let file = scenario.folder().join("p.json");
        std::fs::write(&file, r#"{"Parameters": {"KeyName": "mine"}, "Capabilities": []}"#).expect("a file");
        let night = run(scenario.with(&["--parameters", &file.to_string_lossy()]), &folder().join("unknown-network.yaml"));
        assert_eq!(night.code, 2, "{night:#?}");
        assert!(night.errors.contains("has `Capabilities`, which is not acted upon"), "{}", night.errors);
    }
}

/// What exists before the stack is deployed.
mod existing {
    use super::*;

    #[test]
    fn exports_and_stored_parameters_are_there() {
        assert_passed(&night("imports.yaml", &["--existing", &stranger("network.yaml")]));
    }

    #[test]
    fn without_them_the_stack_is_refused_for_what_it_imports() {
        let night = night("imports.yaml", &[]);
        night.assert_broken("stack", "No export named network-");
    }

    #[test]
    fn what_cannot_be_deployed_is_bad_input_by_its_name() {
        let scenario = scenario();
        let file = scenario.folder().join("broken.yaml");
        std::fs::write(
            &file,
            "Resources:\n  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.0.0/24}}\n",
        )
        .expect("a file");
        let night = run(scenario.with(&["--existing", &file.to_string_lossy()]), &folder().join("imports.yaml"));
        assert_eq!(night.code, 2, "{night:#?}");
        assert!(
            night.why().contains("broken.yaml`, which is to exist already, cannot be deployed: S (AWS::EC2::Subnet)"),
            "{}",
            night.why()
        );
        assert!(night.left.is_empty(), "{:?}", night.left);
    }

    #[test]
    fn the_permissions_of_whoever_made_it_are_not_the_operators() {
        let (network, template) = (stranger("network.yaml"), stranger("imports.yaml"));
        let policy = scenario();
        let file = policy.folder().join("nothing.json");
        std::fs::write(
            &file,
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"#,
        )
        .expect("a file");
        let arguments = ["--template", &template, "--existing", &network, "--operator-policy", &file.to_string_lossy()];
        let night = policy.with(&arguments).run().expect("a run");
        // What exists is made; the operator may deploy nothing.
        assert_eq!((night.code, night.hop()), (1, Some("stack")), "{night:#?}");
        assert!(night.why().contains("cloudformation:CreateStack"), "{}", night.why());
    }
}

/// Templates that name paths of their author's machine.
mod paths {
    use super::*;

    #[test]
    fn code_parts_and_nested_stacks_are_uploaded() {
        assert_passed(&night("paths/template.yaml", &[]));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_bad_input_by_its_name() {
        let (scenario, copy) = copied("paths");
        std::fs::remove_file(copy.join("alerts.yaml")).expect("the file");
        let night = run(scenario, &copy.join("template.yaml"));
        assert_eq!(night.code, 2, "{night:#?}");
        assert!(night.why().contains("TemplateURL") && night.why().contains("alerts.yaml"), "{}", night.why());
        assert!(night.left.is_empty(), "{:?}", night.left);
    }

    #[test]
    fn a_template_too_large_for_a_request_goes_through_a_bucket() {
        let scenario = scenario();
        let file = scenario.folder().join("large.yaml");
        let padding = format!("Metadata: {{Notes: {}}}\n", "x".repeat(60_000));
        std::fs::write(&file, format!("{BUNDLED}\n{padding}")).expect("a file");
        run(scenario, &file).assert_passed();
    }

    #[test]
    fn a_template_too_large_for_a_bucket_is_bad_input() {
        let scenario = scenario();
        let file = scenario.folder().join("large.yaml");
        let padding = format!("Metadata: {{Notes: {}}}\n", "x".repeat(1 << 20));
        std::fs::write(&file, format!("{BUNDLED}\n{padding}")).expect("a file");
        let night = run(scenario, &file);
        assert_eq!(night.code, 2, "{:?}", night.hop());
        assert!(night.why().contains("Template may not exceed 1000000 bytes in size."), "{}", night.why());
    }
}

/// Stacks of the AWS CDK.
mod assembly {
    use super::*;

    #[test]
    fn assets_are_in_the_bootstrap_bucket() {
        let night = night("assembly/Nights.template.json", &[]);
        assert_passed(&night);
        assert_eq!(night.outcome.expect("an outcome").recorded, ["`AWS::CDK::Metadata` (CDKMetadata)"]);
    }

    #[test]
    fn an_image_asset_is_not_supported_by_its_name() {
        let (scenario, copy) = copied("assembly");
        let listed = copy.join("Nights.assets.json");
        let text = std::fs::read_to_string(&listed).expect("the assets");
        std::fs::write(&listed, text.replace(r#""dockerImages": {}"#, r#""dockerImages": {"7f": {"displayName": "Worker"}}"#))
            .expect("a file");
        let night = run(scenario, &copy.join("Nights.template.json"));
        assert_eq!(night.code, 5, "{night:#?}");
        assert!(night.errors.contains("image asset `Worker`"), "{}", night.errors);
    }

    #[test]
    fn an_asset_that_is_gone_is_bad_input() {
        let (scenario, copy) = copied("assembly");
        std::fs::remove_dir_all(copy.join("asset.1f0c")).expect("the asset");
        let night = run(scenario, &copy.join("Nights.template.json"));
        assert_eq!(night.code, 2, "{night:#?}");
        assert!(night.why().contains("asset.1f0c"), "{}", night.why());
    }

    #[test]
    fn code_that_was_built_wrong_breaks_at_the_function() {
        let (scenario, copy) = copied("assembly");
        std::fs::remove_file(copy.join("asset.1f0c/script.py")).expect("the module");
        let night = run(scenario, &copy.join("Nights.template.json"));
        night.assert_broken("function", "No module named 'script'");
    }
}
