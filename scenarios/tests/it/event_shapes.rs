//! Backups that an event starts, which the drill causes: each with a night that passes and nights that break where they should.

use nightproof_drill::Hop;
use nightproof_scenarios::{Night, Template};

use crate::shapes::{
    FAILED, FAILS, NO_MATCH, NO_TAG, NO_TAG_IN_JSON, assert_denied, assert_passed, assert_passed_by, night, with,
};

const OTHER_DOCUMENT: (&str, &str) = ("document/AWS-RunShellScript\"", "document/AWS-RunPatchBaseline\"");
/// Whether the step that fires the trigger says that this was done.
fn assert_caused(night: &Night, done: &str) {
    let outcome = night.outcome.as_ref().expect("an outcome");
    let fired = outcome.steps.iter().find(|step| step.step.to_string() == "fire").expect("the step");
    assert!(fired.detail.contains(done), "`{done}` is not in: {}", fired.detail);
}

/// An object, by a rule of EventBridge whose target is a document.
mod object_to_run_command {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/object-to-run-command.yaml");

    #[test]
    fn passes_by_an_object_whose_key_the_rule_wants() {
        let night = night(&Template::from(SHAPE));
        assert_passed(&night, &[(Hop::Rule, "S3 by EventBridge")]);
        assert_caused(&night, "nightproof-event.complete");
    }

    #[test]
    fn a_bucket_that_also_gets_the_archives_gets_one_more_than_its_object() {
        let same = Template::from(SHAPE)
            .cutting("  Releases:\n", "  SenderRole:\n")
            .replacing("bucket: {name: [!Ref Releases]}", "bucket: {name: [!Ref Archives]}")
            .replacing("      LoggingConfiguration:", "      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}\n      LoggingConfiguration:");
        let night = night(&same);
        assert_passed(&night, &[(Hop::Rule, "S3 by EventBridge")]);
        assert_eq!(night.outcome.as_ref().expect("an outcome").nights[0].archives.len(), 1);
    }

    #[test]
    fn a_role_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let night = with(SHAPE, (&format!("{}\n  Released", OTHER_DOCUMENT.0), &format!("{}\n  Released", OTHER_DOCUMENT.1)));
        night.assert_broken("rule", "may the role of its target send commands with AWS-RunShellScript?");
        assert_denied(&night);
    }

    #[test]
    fn a_bucket_that_tells_eventbridge_of_nothing_is_told() {
        let told = "    Properties:\n      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}\n";
        with(SHAPE, (told, "")).assert_broken("rule", "tells EventBridge of nothing");
    }

    #[test]
    fn a_pattern_that_wants_nothing_that_can_happen_is_told_with_what_was_tried() {
        let night = with(SHAPE, ("bucket: {name: [!Ref Releases]}", "bucket: {name: [somebody-elses]}"));
        night.assert_broken("rule", "waits for none of what the stack can be made to do");
        assert!(night.why().contains("somebody-elses") && night.why().contains("an object such as s3://"), "{}", night.why());
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(SHAPE, NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(SHAPE, FAILS).assert_broken("script", FAILED);
    }
}

/// An object, by the bucket's own notification of a function.
mod object_to_function {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/object-to-function.yaml");

    #[test]
    fn passes_by_an_object_whose_key_the_notification_wants() {
        let night = night(&Template::from(SHAPE));
        assert_passed_by(&night, &[(Hop::Rule, "S3")]);
        assert_caused(&night, "-requests/backup/nightproof-event");
    }

    #[test]
    fn a_bucket_that_may_not_invoke_its_function_fails_the_stack() {
        with(SHAPE, ("Principal: s3.amazonaws.com", "Principal: events.amazonaws.com"))
            .assert_broken("stack", "Unable to validate the following destination configurations");
    }

    #[test]
    fn a_notification_of_nothing_that_is_put_starts_nothing() {
        with(SHAPE, ("Event: s3:ObjectCreated:*", "Event: s3:ObjectRemoved:*"))
            .assert_broken("rule", "nothing starts the backup");
    }

    #[test]
    fn a_function_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let night = with(SHAPE, OTHER_DOCUMENT);
        night.assert_broken("function", "AccessDeniedException");
        assert_denied(&night);
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(SHAPE, NO_TAG_IN_JSON).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(SHAPE, FAILS).assert_broken("script", FAILED);
    }
}

/// An alarm, by a rule of EventBridge whose target is a document.
mod alarm_to_run_command {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/alarm-to-run-command.yaml");

    #[test]
    fn passes_by_data_of_the_alarms_metric() {
        let night = night(&Template::from(SHAPE));
        assert_passed(&night, &[(Hop::Rule, "CloudWatch alarm by EventBridge")]);
        assert_caused(&night, "put 200 to Site ChangedPages for 3 periods");
    }

    #[test]
    fn a_second_night_raises_the_alarm_again() {
        let two = crate::scenario().template(&Template::from(SHAPE)).expect("a template").with(&["--nights", "2"]);
        let night = two.run().expect("a run");
        assert_passed(&night, &[(Hop::Rule, "CloudWatch alarm by EventBridge")]);
        assert_eq!(night.outcome.as_ref().expect("an outcome").nights.len(), 2);
    }

    #[test]
    fn an_alarm_on_a_metric_of_awss_own_is_raised_by_its_state() {
        let night = with(SHAPE, ("Namespace: Site", "Namespace: AWS/ApplicationELB"));
        assert_passed(&night, &[(Hop::Rule, "CloudWatch alarm by EventBridge")]);
        assert_caused(&night, "to ALARM, since data of its metric are not a drill's to give");
    }

    #[test]
    fn a_role_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let night = with(SHAPE, (&format!("{}\n  Raised", OTHER_DOCUMENT.0), &format!("{}\n  Raised", OTHER_DOCUMENT.1)));
        night.assert_broken("rule", "may the role of its target send commands with AWS-RunShellScript?");
        assert_denied(&night);
    }

    #[test]
    fn a_pattern_of_another_state_is_told_with_what_was_tried() {
        let night = with(SHAPE, ("detail: {state: {value: [ALARM]}}", "detail: {state: {value: [Alarm]}}"));
        night.assert_broken("rule", "waits for none of what the stack can be made to do (the alarm ");
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(SHAPE, NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(SHAPE, FAILS).assert_broken("script", FAILED);
    }
}

/// An alarm, by a topic that invokes a function.
mod alarm_to_function {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/alarm-to-function.yaml");

    #[test]
    fn passes_by_a_topic_that_invokes_the_function() {
        let night = night(&Template::from(SHAPE));
        assert_passed_by(&night, &[(Hop::Rule, "CloudWatch alarm by SNS")]);
        assert_caused(&night, "put 200 to Site ChangedPages for 3 periods");
    }

    #[test]
    fn a_function_that_does_not_let_the_topic_in_is_told() {
        let night = with(SHAPE, ("Principal: sns.amazonaws.com", "Principal: s3.amazonaws.com"));
        night.assert_broken("rule", "does not let sns.amazonaws.com invoke it");
    }

    #[test]
    fn a_topic_that_does_not_let_the_alarm_in_is_told_with_what_was_denied() {
        let night = with(SHAPE, ("Principal: {Service: cloudwatch.amazonaws.com}", "Principal: {Service: events.amazonaws.com}"));
        night.assert_broken("rule", "neither logged nor sent a command");
        assert!(night.why().contains("sns:Publish"), "{}", night.why());
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(SHAPE, NO_TAG_IN_JSON).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(SHAPE, FAILS).assert_broken("script", FAILED);
    }
}

/// A launch of an auto scaling group, by a rule whose target is a document.
mod launch_to_run_command {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/launch-to-run-command.yaml");

    #[test]
    fn passes_by_an_instance_that_the_group_launches() {
        let night = night(&Template::from(SHAPE));
        assert_passed(&night, &[(Hop::Rule, "Auto Scaling by EventBridge")]);
        assert_caused(&night, "set the desired capacity of");
    }

    #[test]
    fn a_role_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let night = with(SHAPE, (&format!("{}\n  Launched", OTHER_DOCUMENT.0), &format!("{}\n  Launched", OTHER_DOCUMENT.1)));
        night.assert_broken("rule", "may the role of its target send commands with AWS-RunShellScript?");
        assert!(night.why().contains("launched an instance"), "{}", night.why());
        assert_denied(&night);
    }

    #[test]
    fn a_pattern_that_names_another_hook_is_told_with_what_was_tried() {
        let night = with(SHAPE, ("LifecycleHookName: [archive-first]", "LifecycleHookName: [archive]"));
        night.assert_broken("rule", "waits for none of what the stack can be made to do (a launch of the group ");
    }

    #[test]
    fn a_tag_that_no_instance_has_is_told() {
        with(SHAPE, NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(SHAPE, FAILS).assert_broken("script", FAILED);
    }
}

/// A termination by an auto scaling group, by a rule whose target is a runbook.
mod termination_to_automation {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/termination-to-automation.yaml");

    #[test]
    fn passes_by_an_instance_that_the_group_lets_go_after_its_archive() {
        let night = night(&Template::from(SHAPE));
        assert_passed_by(&night, &[(Hop::Rule, "Auto Scaling by EventBridge"), (Hop::Function, "Automation")]);
        assert_caused(&night, "terminate i-");
    }

    #[test]
    fn a_second_night_has_no_instance_with_the_data() {
        let two = crate::scenario().template(&Template::from(SHAPE)).expect("a template").with(&["--nights", "2"]);
        let night = two.run().expect("a run");
        assert_eq!((night.code, night.hop()), (2, Some("input")), "{night:#?}");
        assert!(night.why().contains("takes the instance with the data away"), "{}", night.why());
    }

    #[test]
    fn a_runbook_whose_role_may_not_send_commands_is_told_with_what_it_was_denied() {
        let night = with(SHAPE, OTHER_DOCUMENT);
        night.assert_broken("function", "is Failed");
        assert_denied(&night);
    }

    #[test]
    fn a_runbook_that_may_not_let_the_instance_go_fails_though_the_archive_is_there() {
        let night = with(SHAPE, ("Action: autoscaling:CompleteLifecycleAction", "Action: autoscaling:DescribeLifecycleHooks"));
        night.assert_broken("function", "is Failed");
        assert!(night.why().contains("may not autoscaling:CompleteLifecycleAction"), "{}", night.why());
    }

    #[test]
    fn a_pattern_of_what_cannot_be_caused_is_told_with_what_was_tried() {
        let night = with(SHAPE, ("EC2 Instance-terminate Lifecycle Action]", "EC2 Instance Terminate Unsuccessful]"));
        night.assert_broken("rule", "waits for none of what the stack can be made to do");
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(SHAPE, FAILS).assert_broken("script", FAILED);
    }
}

/// What events start beside a clock.
mod beside_a_clock {
    use super::*;

    const SHAPE: &str = include_str!("../../shapes/object-to-run-command.yaml");

    /// The shape with the rule of another, which a clock starts and which may do the same.
    fn with_clock(event: &str) -> Template {
        let clocked = include_str!("../../shapes/rule-to-run-command.yaml");
        let at = clocked.find("  Nightly:\n").expect("a rule");
        Template::from(event).inserting("  Released:\n", &clocked[at..])
    }

    #[test]
    fn what_sends_a_command_by_itself_is_drilled_too() {
        let night = night(&with_clock(SHAPE));
        let outcome = night.outcome.as_ref().expect("an outcome");
        assert_eq!((night.code, outcome.nights.len()), (0, 2), "{night:#?}");
    }

    #[test]
    fn it_is_chosen_by_the_name_of_its_trigger() {
        let broken = with_clock(SHAPE).replacing("-C /var/www/html .", "-C /var/www/missing .");
        let chosen =
            crate::scenario().with(&["--trigger", "Released"]).template(&broken).expect("a template").run().expect("a run");
        assert_passed(&chosen, &[(Hop::Rule, "S3 by EventBridge")]);
    }
}
