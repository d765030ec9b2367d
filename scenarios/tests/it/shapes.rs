//! Ways to start a backup, each with a night that passes and nights that break where they should.

use nightproof_drill::Hop;
use nightproof_scenarios::{Night, Template};

use crate::scenario;

pub(crate) fn night(template: &Template) -> Night {
    scenario().template(template).expect("a template").run().expect("a run")
}

pub(crate) const FAILS: (&str, &str) = ("-C /var/www/html .", "-C /var/www/missing .");
/// What a script says of itself that fails by it.
pub(crate) const FAILED: &str = "is Failed, exit code 2";
pub(crate) const NO_TAG: (&str, &str) = (r#"Key: "tag:Backup", Values: [Enabled]"#, r#"Key: "tag:Backup", Values: [enabled]"#);
/// The same where targets are written as JSON.
pub(crate) const NO_TAG_IN_JSON: (&str, &str) = (r#""Values": ["Enabled"]"#, r#""Values": ["enabled"]"#);
pub(crate) const NO_MATCH: &str = "reached no instance: no managed instance matches tag:Backup=enabled";

/// A night of a template in which one text stands for another.
pub(crate) fn with(template: impl Into<Template>, (old, new): (&str, &str)) -> Night {
    night(&template.into().replacing(old, new))
}

/// Whether the night was denied the command.
pub(crate) fn assert_denied(night: &Night) {
    let denied = "may not ssm:SendCommand on arn:aws:ssm:us-east-1::document/AWS-RunShellScript";
    assert!(night.why().contains(denied), "{}", night.why());
}

/// A night that passes with these links that are not the usual ones.
pub(crate) fn assert_passed_by(night: &Night, parts: &[(Hop, &str)]) {
    let outcome = night.outcome.as_ref().expect("an outcome");
    assert_eq!((night.code, &outcome.failure, outcome.findings.as_slice()), (0, &None, [].as_slice()), "{night:#?}");
    let named: Vec<(Hop, &str)> = outcome.parts.iter().map(|part| (part.hop, part.name.as_str())).collect();
    assert_eq!(named, parts);
    assert!(outcome.nights[0].archives[0].identical);
}

/// A night that passes without a function.
pub(crate) fn assert_passed(night: &Night, parts: &[(Hop, &str)]) {
    assert_passed_by(night, parts);
    assert_eq!(night.outcome.as_ref().expect("an outcome").absent, [Hop::Function]);
}

/// A rule whose target is a document of Systems Manager.
mod rule_to_run_command {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/rule-to-run-command.yaml"))
    }

    #[test]
    fn passes_without_a_function() {
        assert_passed(&night(&template()), &[]);
    }

    #[test]
    fn a_role_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let night = night(
            &template().replacing("document/AWS-RunShellScript\"\n  Nightly", "document/AWS-RunPatchBaseline\"\n  Nightly"),
        );
        night.assert_broken("rule", "no command was sent: may the role of its target send commands with AWS-RunShellScript?");
        assert_denied(&night);
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(template(), NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(template(), FAILS).assert_broken("script", FAILED);
    }
}

/// A schedule of EventBridge Scheduler whose target is the operation that sends commands.
mod schedule_to_run_command {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/schedule-to-run-command.yaml"))
    }

    #[test]
    fn passes_without_a_function() {
        assert_passed(&night(&template()), &[(Hop::Rule, "EventBridge Scheduler")]);
    }

    #[test]
    fn a_role_that_scheduler_may_not_assume_fails_the_stack() {
        let night = night(
            &template().replacing("Principal: {Service: scheduler.amazonaws.com}", "Principal: {Service: events.amazonaws.com}"),
        );
        night.assert_broken("stack", "must allow AWS EventBridge Scheduler to assume the role");
    }

    #[test]
    fn a_role_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let document = "document/AWS-RunShellScript\"\n  Nights";
        let night = night(&template().replacing(document, "document/AWS-RunPatchBaseline\"\n  Nights"));
        night.assert_broken("rule", "no command was sent: may the role of its target send commands with AWS-RunShellScript?");
        assert_denied(&night);
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(template(), NO_TAG_IN_JSON).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(template(), FAILS).assert_broken("script", FAILED);
    }
}

/// Instances that an auto scaling group launches.
mod group_of_instances {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/group-of-instances.yaml"))
    }

    #[test]
    fn the_instance_of_a_group_is_backed_up() {
        assert_passed(&night(&template()), &[]);
    }

    #[test]
    fn each_instance_of_a_group_is_backed_up() {
        let night = night(&template().replacing(r#"DesiredCapacity: "1""#, r#"DesiredCapacity: "2""#));
        assert_passed(&night, &[]);
        let archives = &night.outcome.as_ref().expect("an outcome").nights[0].archives;
        assert_eq!(archives.len(), 2, "{archives:#?}");
        assert!(archives[1].identical && archives[0].instance != archives[1].instance, "{archives:#?}");
    }

    #[test]
    fn a_tag_that_does_not_propagate_is_on_no_instance() {
        let night = night(&template().replacing("PropagateAtLaunch: true", "PropagateAtLaunch: false"));
        night.assert_broken("command", "reached no instance: no managed instance matches tag:Backup=Enabled");
    }

    #[test]
    fn an_instance_that_tells_of_a_failure_rolls_the_stack_back() {
        let night = night(&template().replacing("--status SUCCESS", "--status FAILURE"));
        night.assert_broken("stack", "Received 1 FAILURE signal(s) out of 1.");
        assert!(night.left.is_empty(), "{night:#?}");
    }

    #[test]
    fn a_group_whose_instances_cannot_be_launched_is_told_with_the_reason() {
        let night = night(&template().replacing("InstanceType: t3.micro", "InstanceType: t4g.micro"));
        night.assert_broken("stack", "You must use a valid fully-formed launch template. The architecture 'arm64'");
    }
}

/// A rule whose target is a runbook, which runs commands in two steps.
mod rule_to_automation {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/rule-to-automation.yaml"))
    }

    #[test]
    fn passes_by_a_runbook_that_sleeps_between_its_steps() {
        assert_passed_by(&night(&template()), &[(Hop::Function, "Automation")]);
    }

    #[test]
    fn a_runbook_whose_role_may_not_send_commands_is_told_with_what_it_was_denied() {
        let document = "document/AWS-RunShellScript\"";
        let night = night(&template().replacing(document, "document/AWS-RunPatchBaseline\""));
        night.assert_broken("function", "is Failed");
        assert_denied(&night);
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        let night = night(&template().replacing(r#""Tag": ["Enabled"]"#, r#""Tag": ["enabled"]"#));
        night.assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_role_that_may_not_pass_the_runbooks_role_is_told_with_what_it_was_denied() {
        let night = night(&template().replacing("Action: iam:PassRole", "Action: iam:GetRole"));
        night.assert_broken("rule", "no command was sent: may the role of its target start the automation");
        assert!(night.why().contains("may not iam:PassRole"), "{}", night.why());
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(template(), FAILS).assert_broken("script", FAILED);
    }
}

/// An association of State Manager whose document is run on its targets.
mod association_to_script {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/association-to-script.yaml"))
    }

    #[test]
    fn passes_without_a_function() {
        assert_passed(&night(&template()), &[(Hop::Rule, "State Manager")]);
    }

    #[test]
    fn an_instance_that_may_not_upload_is_told_with_what_it_was_denied() {
        let night = night(&template().replacing("Action: s3:PutObject, Resource: [", "Action: s3:GetObject, Resource: ["));
        night.assert_broken("script", "is Failed, exit code 1");
        assert!(night.why().contains("may not s3:PutObject"), "{}", night.why());
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(template(), NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(template(), FAILS).assert_broken("script", FAILED);
    }
}

/// A rule whose target is a function in Node.js.
mod rule_to_node_function {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/rule-to-node-function.yaml"))
    }

    #[test]
    fn passes_by_a_handler_that_signs_its_request() {
        let night = night(&template());
        let outcome = night.outcome.as_ref().expect("an outcome");
        assert_eq!((night.code, &outcome.failure, outcome.absent.as_slice()), (0, &None, [].as_slice()), "{night:#?}");
        // Unless this host's Node.js is the runtime's.
        assert!(outcome.findings.iter().all(|finding| finding.id == "other-runtime"), "{:#?}", outcome.findings);
        assert!(outcome.nights[0].archives[0].identical);
    }

    #[test]
    fn a_handler_that_throws_is_told_with_its_error() {
        let night = night(&template().replacing("'AWS-RunShellScript'", "'AWS-RunNothing'"));
        night.assert_broken("function", "Error: SendCommand: ");
    }
}

/// The bundled stack's variant without a function.
mod variant_without_a_function {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../../stack/variants/scheduler.yaml"))
    }

    #[test]
    fn passes_strictly() {
        let night = scenario().template(&template()).expect("a template").with(&["--strict"]).run().expect("a run");
        assert_passed(&night, &[(Hop::Rule, "EventBridge Scheduler")]);
    }

    #[test]
    fn a_document_that_its_role_may_not_send_is_told_with_what_it_was_denied() {
        let night = night(&template().replacing(":document/${BackupDocument}", ":document/AWS-RunShellScript"));
        night.assert_broken("rule", "no command was sent");
        assert!(
            night.why().contains("may not ssm:SendCommand on arn:aws:ssm:us-east-1:123456789012:document/"),
            "{}",
            night.why()
        );
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        let night = night(
            &template()
                .replacing(r#"{"Key": "tag:Backup", "Values": ["Enabled"]}"#, r#"{"Key": "tag:Backup", "Values": ["enabled"]}"#),
        );
        night.assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_and_the_topic_hears_of_it() {
        let night = night(
            &template().replacing("exit 1\n", "exit 7\n").replacing(" DATA_PATH=${DataPath}", " DATA_PATH=/var/www/missing"),
        );
        night.assert_broken("script", "is Failed, exit code 7");
        let told = &night.outcome.as_ref().expect("an outcome").notifications;
        assert!(told.iter().any(|one| one.by == "BackupFailed"), "{told:#?}");
    }
}

/// A rule whose target is a state machine, which sends the command and looks after it.
mod rule_to_state_machine {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/rule-to-state-machine.yaml"))
    }

    #[test]
    fn passes_by_a_state_machine_that_waits_for_the_script() {
        assert_passed_by(&night(&template()), &[(Hop::Function, "Step Functions")]);
    }

    #[test]
    fn a_state_machine_whose_role_may_not_send_commands_is_told_with_its_state_and_what_it_was_denied() {
        let document = "document/AWS-RunShellScript\"";
        let night = night(&template().replacing(document, "document/AWS-RunPatchBaseline\""));
        night.assert_broken("function", "is FAILED in its state Send: Ssm.SsmException");
        assert_denied(&night);
    }

    #[test]
    fn a_state_machine_whose_role_may_not_look_after_its_command_is_told_though_the_script_ended_well() {
        let night = night(&template().replacing("Action: ssm:GetCommandInvocation", "Action: ssm:GetCommandInvocations"));
        night.assert_broken("function", "is FAILED in its state Look: Ssm.SsmException");
        assert!(night.why().contains("may not ssm:GetCommandInvocation"), "{}", night.why());
    }

    #[test]
    fn a_role_that_may_not_start_the_state_machine_is_told_with_what_it_was_denied() {
        let night = night(&template().replacing("Action: states:StartExecution", "Action: states:StartSyncExecution"));
        night.assert_broken("rule", "no command was sent: may the role of its target start the state machine");
        assert!(night.why().contains("may not states:StartExecution"), "{}", night.why());
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(template(), NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code_and_what_the_state_machine_made_of_it() {
        let night = with(template(), FAILS);
        night.assert_broken("script", FAILED);
        assert!(night.why().contains("is FAILED in its state Failed: BackupFailed"), "{}", night.why());
    }

    #[test]
    fn a_state_machine_that_ends_well_after_a_script_that_failed_is_no_good_night() {
        let fails = template().replacing("-C /var/www/html .", "-C /var/www/missing .");
        let night = night(&fails.replacing("Default: Failed", "Default: Done").replacing(
            "          Failed: {Type: Fail, Error: BackupFailed, CausePath: $.invocation.StandardErrorContent}\n",
            "",
        ));
        night.assert_broken("script", "is Failed, exit code 2");
        assert!(night.why().contains("has ended well all the same"), "{}", night.why());
    }
}

/// The cron of an instance, which user data has set up.
mod cron_on_the_instance {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/cron-on-the-instance.yaml"))
    }

    fn assert_passed_by_itself(night: &Night, by: &str) {
        assert_passed_by(night, &[(Hop::Rule, by)]);
        assert_eq!(night.outcome.as_ref().expect("an outcome").absent, [Hop::Function, Hop::Command, Hop::Instance]);
    }

    #[test]
    fn passes_without_a_rule_and_without_a_command() {
        assert_passed_by_itself(&night(&template()), "cron");
    }

    #[test]
    fn a_timer_of_systemd_passes_as_well() {
        let table = "          cat > /etc/cron.d/backup <<'TABLE'\n          PATH=/usr/bin:/bin\n          0 3 * * * root /opt/backup.sh\n          TABLE\n";
        let units = "          printf '[Timer]\\nOnCalendar=*-*-* 03:00:00\\n[Install]\\nWantedBy=timers.target\\n' > /etc/systemd/system/backup.timer\n          printf '[Service]\\nType=oneshot\\nExecStart=/opt/backup.sh\\n' > /etc/systemd/system/backup.service\n          systemctl enable --now backup.timer\n";
        assert_passed_by_itself(&night(&template().replacing(table, units)), "systemd timer");
    }

    #[test]
    fn an_instance_that_may_not_upload_is_told_with_what_it_was_denied() {
        let night =
            night(&template().replacing(
                "Action: s3:PutObject, Resource: !Sub \"${Archives",
                "Action: s3:GetObject, Resource: !Sub \"${Archives",
            ));
        night.assert_broken("script", "`/opt/backup.sh` on i-");
        assert!(night.why().contains("may not s3:PutObject") && night.why().contains("nobody is told"), "{}", night.why());
        assert!(night.why().contains("no program that sends mail"), "{}", night.why());
    }

    #[test]
    fn a_script_that_fails_in_silence_leaves_no_object() {
        let allowed = "Action: s3:PutObject, Resource: !Sub \"${Archives";
        let denied = template().replacing(allowed, &allowed.replace("Put", "Get"));
        let night = night(&denied.replacing("          set -e\n", ""));
        night.assert_broken("object", "");
    }

    #[test]
    fn a_day_that_never_comes_is_told() {
        let night = night(&template().replacing("0 3 * * * root", "0 3 30 2 * root"));
        night.assert_broken("rule", "`0 3 30 2 *` names a time that never comes");
    }

    #[test]
    fn a_path_that_lacks_a_tool_is_told() {
        let night = night(&template().replacing("PATH=/usr/bin:/bin", "PATH=/opt/bin"));
        night.assert_broken("script", "exit code 127");
        assert!(night.why().contains("not found") && night.why().contains("has a path of its own"), "{}", night.why());
    }

    #[test]
    fn a_cron_that_was_not_started_is_told() {
        let night = night(&template().replacing("          systemctl enable --now crond\n", ""));
        night.assert_broken("rule", "cron does not run: systemctl start crond.service");
    }
}

/// A stack with two chains, whose rules send the command by themselves.
mod several_chains {
    use super::*;

    const ONE: &str = include_str!("../../shapes/rule-to-run-command.yaml");

    /// The second rule, two and a half hours after the first.
    fn second() -> String {
        let at = ONE.find("  Nightly:\n").expect("a rule");
        ONE[at..].replace("Nightly", "Second").replace("cron(0 2 ", "cron(30 4 ")
    }

    fn with(second: &str) -> Template {
        Template::from(ONE).inserting("  Nightly:\n", second)
    }

    #[test]
    fn each_that_ends_in_a_bucket_is_drilled_in_the_order_of_their_times() {
        let night = night(&with(&second()));
        assert_passed(&night, &[]);
        let nights = &night.outcome.as_ref().expect("an outcome").nights;
        assert_eq!(nights.len(), 2, "{nights:#?}");
        assert!(nights.iter().all(|night| night.archives.len() == 1 && night.archives[0].identical), "{nights:#?}");
        let steps = night.outcome.iter().flat_map(|outcome| &outcome.steps);
        let moved = steps.filter_map(|step| step.detail.split_once("moved the region's clock to "));
        let fired: Vec<&str> = moved.map(|(_, at)| at).collect();
        let [first, second] = fired.as_slice() else { panic!("{night:#?}") };
        assert!(first < second, "{fired:#?}");
    }

    #[test]
    fn one_that_fails_fails_the_drill() {
        let night = night(&with(&second().replace("-C /var/www/html .", "-C /var/www/missing .")));
        night.assert_broken("script", "is Failed, exit code 2");
    }

    #[test]
    fn one_is_chosen_by_its_trigger() {
        let broken = with(&second().replace("-C /var/www/html .", "-C /var/www/missing ."));
        let chosen = scenario().with(&["--trigger", "Nightly"]).template(&broken).expect("a template").run().expect("a run");
        assert_passed(&chosen, &[]);
    }

    #[test]
    fn one_that_names_no_bucket_is_left_out_with_a_finding() {
        let other = second();
        let at = other.find("          Input:").expect("an input");
        let night = night(&with(&format!("{}          Input: '{{\"commands\": [\"true\"]}}'\n", &other[..at])));
        let outcome = night.outcome.as_ref().expect("an outcome");
        assert_eq!((night.code, outcome.nights.len()), (0, 1), "{night:#?}");
        let [finding] = outcome.findings.as_slice() else { panic!("{night:#?}") };
        assert!(finding.id == "chain-not-drilled" && finding.detail.contains("-Second-"), "{finding:?}");
    }

    #[test]
    fn what_is_due_at_once_is_to_be_chosen_from() {
        let night = night(&with(&second().replace("cron(30 4 ", "cron(0 2 ")));
        night.assert_broken("rule", "as they are due at once");
    }
}
