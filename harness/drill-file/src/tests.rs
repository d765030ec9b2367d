//! What drill files say, and what is refused with its place.

use boon::{Compiler, Schemas};
use nightproof_template::Template;
use rstest::rstest;
use serde_json::Value;

use crate::{DrillFile, MachineKind, Place, Profile, RestoredObjects, draft};

const WHOLE: &str = "
version: 1
template: stack/backup.yaml
parameters: {Schedule: cron(0 2 * * ? *), Days: 30, Versioned: true}
existing: [network.yaml]
guess_parameters: true
data: {profile: hard, path: /srv/data}
trigger: {rule: Nightly}
bucket: Archives
archives: {stack: backup, prefix: site/, plain: true}
machine: {kind: container, platform: ubuntu-24.04, rootfs: images/al2023.tar, instance_image: 'own:1', function_image: 'own:2'}
nights: 3
strict: true
attack: true
restore: {script: restore.sh, secrets: {passphrase: keys/pass}, tree: false, objects: all}
operator_policy: operator.json
allow_blocked_runtimes: true
ignore: [{path: cache/, reason: is made anew}, {path: 'logs/*.log', reason: goes elsewhere}]
seed: seed.sh
fingerprint: psql -Atc 'table t'
budgets: {rto: 15m, rpo: 26h, size_change: 50%}
due: 2
";

/// Whether the schema takes the text.
fn is_of_schema(text: &str) -> bool {
    let document: Value = serde_saphyr::from_str(text).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("drill.json", DrillFile::schema().to_value()).unwrap();
    let schema = compiler.compile("drill.json", &mut schemas).unwrap();
    schemas.validate(&document, schema).is_ok()
}

#[test]
fn a_file_says_all_that_a_drill_is_told() {
    let file = DrillFile::parse(WHOLE).unwrap();
    assert_eq!(file.parameters["Days"], "30");
    assert_eq!(file.parameters["Versioned"], "true");
    assert_eq!((file.data.profile, file.data.path.as_deref()), (Some(Profile::Hard), Some("/srv/data")));
    assert_eq!(file.trigger.as_ref().map(crate::Trigger::rule), Some("Nightly"));
    assert_eq!((file.machine.kind, file.machine.platform.unwrap().key), (Some(MachineKind::Container), "ubuntu-24.04"));
    assert_eq!(file.machine.rootfs.as_deref(), Some(std::path::Path::new("images/al2023.tar")));
    assert_eq!((file.machine.instance_image(), file.machine.function_image()), (Some("own:1"), Some("own:2")));
    let restore = file.restore().unwrap();
    assert!(!file.compares_tree() && restore.secrets.len() == 1 && restore.objects == RestoredObjects::All);
    assert_eq!((file.ignore[0].path.as_str(), file.ignore[0].reason()), ("cache", "is made anew"));
    assert_eq!(file.budgets.rto.unwrap().0.as_secs(), 900);
    assert_eq!(file.budgets.rpo.unwrap().0.as_secs(), 26 * 3600);
    assert_eq!(file.budgets.size_change.unwrap().0, 50.0);
    assert_eq!((file.nights, file.due, file.strict, file.allow_blocked_runtimes), (Some(3), Some(2), true, true));
    let archives = file.archives.as_ref().unwrap();
    assert_eq!((&archives.place, archives.prefix.as_str(), archives.plain), (&Place::Stack("backup".to_owned()), "site/", true));
    assert!(file.attack && file.guess_parameters && file.existing.len() == 1);
    assert!(is_of_schema(WHOLE));
}

#[test]
fn a_database_is_an_engine_or_has_a_name_and_its_scripts_are_whole() {
    for text in ["database: postgresql", "database: {engine: postgresql, name: orders}", "database: sqlite", "database: redis"] {
        let text = format!("version: 1\n{text}\n");
        let file = DrillFile::parse(&text).unwrap();
        assert!(is_of_schema(&text) && !file.compares_tree());
        let database = file.database.unwrap();
        for script in [database.seed(), database.fingerprint(), database.restore()] {
            let checked = std::process::Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
            assert!(checked.status.success(), "{checked:?}");
        }
    }
    let both = DrillFile::parse("version: 1\ndatabase: mariadb\nrestore: {tree: true}\n").unwrap();
    assert!(both.compares_tree());
}

#[test]
fn paths_are_of_the_folder_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drill.yaml");
    std::fs::write(&path, WHOLE).unwrap();
    let file = DrillFile::read(&path).unwrap();
    assert_eq!(file.template.as_deref(), Some(folder.path().join("stack/backup.yaml").as_path()));
    assert_eq!(file.existing, [folder.path().join("network.yaml")]);
    let restore = file.restore().unwrap();
    assert_eq!(restore.script, Some(folder.path().join("restore.sh")));
    assert_eq!(restore.secrets["passphrase"], folder.path().join("keys/pass"));
    assert_eq!(file.operator_policy.as_deref(), Some(folder.path().join("operator.json").as_path()));
    assert_eq!(file.seed.as_deref(), Some(folder.path().join("seed.sh").as_path()));
}

/// What is refused, with why and where, and whether the schema refuses it too.
#[rstest]
#[case::an_unknown_member("nigths: 2", "unknown field `nigths`", "line 2 column 1", true)]
#[case::an_unknown_budget("budgets: {rt0: 5m}", "unknown field `rt0`", "line 2 column 11", true)]
#[case::no_nights("nights: 0", "nights is 0, and may be 1 to 366", "line 2 column 9", true)]
#[case::nobody_due("due: 0", "any night would meet it", "line 2 column 6", true)]
#[case::no_time("budgets: {rto: 0s}", "a time such as 15m", "line 2 column 11", true)]
#[case::a_time_that_is_past("budgets: {rto: -5m}", "a time such as 15m", "line 2 column 11", false)]
#[case::a_number_without_unit("budgets: {rpo: 26}", "a time such as 15m", "line 2 column 11", true)]
#[case::a_share_without_percent("budgets: {size_change: 50}", "such as 50%", "line 2 column 11", true)]
#[case::an_ignore_without_reason("ignore: [{path: cache}]", "missing field `reason`", "line 2 column 11", true)]
#[case::an_ignore_with_a_blank_reason(
    "ignore: [{path: cache, reason: ' '}]",
    "a text that is not blank",
    "line 2 column 24",
    true
)]
#[case::an_absolute_ignore("ignore: [{path: /var/cache, reason: r}]", "a path below the data path", "line 2 column 11", false)]
#[case::all_ignored("ignore: [{path: /, reason: r}]", "a path below the data path", "line 2 column 11", false)]
#[case::data_of_two_kinds("data: {folder: x, profile: hard}", "either those of a `folder` or", "line 2 column 7", false)]
#[case::a_relative_data_path("data: {path: var/www}", "begins with /", "line 2 column 7", true)]
#[case::an_unknown_platform(
    "machine: {platform: windows}",
    "no platform is called `windows`; there are ",
    "line 2 column 21",
    true
)]
#[case::a_secret_out_of_its_folder("restore: {script: r, secrets: {../x: z}}", "the name of a secret", "line 2 column", false)]
#[case::a_fingerprint_of_nobody("fingerprint: date", "give `restore: {script: …}`", "line 2 column 14", false)]
#[case::nothing_compared("restore: {script: r, tree: false}", "nothing is compared", "line 2 column 10", false)]
#[case::nothing_said_of_a_restore("restore: {tree: true}", "give `restore: {script: …}`", "line 2 column 10", false)]
#[case::an_unknown_database("database: oracle", "no profile of `oracle`: there are postgresql,", "line 2 column 11", true)]
#[case::mysql("database: mysql", "say `database: mariadb` for what both", "line 2 column 11", true)]
#[case::mysql_by_name("database: {engine: mysql, name: shop}", "MariaDB's is another", "line 2 column 11", true)]
#[case::an_unknown_member_of_a_database("database: {engine: redis, nam: x}", "and nothing else", "line 2 column 11", true)]
#[case::a_name_with_a_quote(
    "database: {engine: mariadb, name: \"a'b\"}",
    "has to be of letters, digits and `_`",
    "line 2 column 11",
    false
)]
#[case::a_file_without_its_folder(
    "database: {engine: sqlite, name: shop.db}",
    "the absolute path of a file",
    "line 2 column 11",
    false
)]
#[case::a_name_for_redis("database: {engine: redis, name: x}", "have numbers and no names", "line 2 column 11", false)]
#[case::another_version("", "it has version 2, this nightproof reads 1", "line 1 column 10", true)]
fn what_is_wrong_is_refused_with_its_place(#[case] line: &str, #[case] why: &str, #[case] place: &str, #[case] by_schema: bool) {
    let version = if line.is_empty() { 2 } else { 1 };
    let text = format!("version: {version}\n{line}\n");
    let refusal = DrillFile::parse(&text).expect_err(line);
    assert!(refusal.contains(why) && refusal.contains(place), "{refusal}");
    assert_eq!(!is_of_schema(&text), by_schema, "{line}");
}

const TEMPLATE: &str = r#"
Parameters:
  Schedule: {Type: String, Default: "cron(0 3 * * ? *)", Description: "When the backup\n begins"}
  Subnet: {Type: "AWS::EC2::Subnet::Id"}
  Mode: {Type: String, Default: 'a "b"', AllowedValues: ['a "b"', c]}
  Password: {Type: String, Default: secret, NoEcho: true}
Resources:
  A: {Type: "AWS::S3::Bucket"}
  B: {Type: "AWS::S3::Bucket"}
  Told: {Type: "AWS::Events::Rule", Properties: {EventPattern: {source: [aws.ssm]}}}
  Nightly: {Type: "AWS::Events::Rule", Properties: {ScheduleExpression: !Ref Schedule}}
"#;

#[test]
fn a_draft_is_a_drill_file_also_where_its_comments_are_taken_away() {
    let text = draft(&Template::parse(TEMPLATE).unwrap(), "my stack.yaml");
    let file = DrillFile::parse(&text).unwrap();
    assert_eq!(file.template.as_deref().and_then(|path| path.to_str()), Some("my stack.yaml"));
    for said in
        ["# When the backup begins", "\"cron(0 3 * * ? *)\"    # String; this is its default", "it has no default", "# bucket: B"]
    {
        assert!(text.contains(said), "`{said}` is not in\n{text}");
    }
    assert!(!text.contains("secret\"") && !text.contains("trigger:"), "{text}");
    // All that is offered is of the format.
    let bare: Vec<&str> = text.lines().map(|line| line.strip_prefix("# ").filter(|rest| offers(rest)).unwrap_or(line)).collect();
    let bare = bare.join("\n").replace("bucket: A\n", "").replace("  # folder", "# folder");
    let file = DrillFile::parse(&bare).unwrap_or_else(|why| panic!("{why}\n{bare}"));
    assert_eq!(file.parameters["Mode"], "a \"b\"");
    assert_eq!((file.bucket(), file.ignore.len(), file.fingerprint()), (Some("B"), 1, Some("psql -Atc 'table t'")));
    assert!(is_of_schema(&text));
}

#[test]
fn a_draft_of_a_stack_has_the_values_of_its_parameters_and_none_that_is_hidden() {
    let template = Template::parse(TEMPLATE).unwrap();
    let values = [("Schedule", "rate(1 day)"), ("Mode", "a \"b\"\n"), ("Password", "****")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let text = crate::draft_of_stack(&template, "backup.template.yaml", "backup", &values);
    let file = DrillFile::parse(&text).unwrap();
    assert_eq!((file.parameters.len(), file.parameters["Schedule"].as_str()), (2, "rate(1 day)"), "{text}");
    assert_eq!(file.parameters["Mode"], "a \"b\"\n");
    assert!(text.contains("#   Password: \"\"") && !text.contains("****"), "{text}");
    assert_eq!(file.archives.unwrap().place, Place::Stack("backup".to_owned()));
    assert_eq!(text.matches("archives:").count(), 1);
    let hidden = crate::draft_of_stack(&template, "t", "s", &values[2..]);
    assert!(DrillFile::parse(&hidden).unwrap().parameters.is_empty(), "{hidden}");
}

/// Whether what is in a comment is a line of the format.
fn offers(rest: &str) -> bool {
    const MEMBERS: &[&str] = &[
        "parameters:",
        "bucket:",
        "archives:",
        "trigger:",
        "machine:",
        "budgets:",
        "restore:",
        "database:",
        "seed:",
        "fingerprint:",
        "ignore:",
    ];
    MEMBERS.iter().any(|member| rest.starts_with(member)) || rest.starts_with("  ")
}
