//! Backups that a maintenance window starts, by each kind of task: nights that pass and nights that break where they should.

use nightproof_drill::Hop;
use nightproof_scenarios::Template;

use crate::shapes::{FAILED, FAILS, NO_MATCH, NO_TAG, assert_denied, assert_passed, assert_passed_by, night, with};

/// A maintenance window whose task runs a command on the window's target.
mod window_to_run_command {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/window-to-run-command.yaml"))
    }

    #[test]
    fn passes_without_a_function() {
        assert_passed(&night(&template()), &[(Hop::Rule, "Maintenance window")]);
    }

    #[test]
    fn a_role_that_may_not_send_commands_is_told_with_what_it_was_denied() {
        let document = "document/AWS-RunShellScript\"\n  Night";
        let night = night(&template().replacing(document, "document/AWS-RunPatchBaseline\"\n  Night"));
        night.assert_broken("rule", "night opened, and its task AWS-RunShellScript is FAILED");
        assert_denied(&night);
    }

    #[test]
    fn a_role_that_systems_manager_may_not_assume_is_told() {
        let trusted = "Principal: {Service: ssm.amazonaws.com}";
        let night = night(&template().replacing(trusted, "Principal: {Service: events.amazonaws.com}"));
        night.assert_broken("rule", "night opened, and its task AWS-RunShellScript is FAILED");
        assert!(night.why().contains("sts:AssumeRole"), "{}", night.why());
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

/// A maintenance window whose target is a resource group.
mod window_for_a_resource_group {
    use super::*;

    /// The window of the shape, for a group by this query.
    fn template(query: &str) -> Template {
        let group =
            format!("  Group: {{Type: AWS::ResourceGroups::Group, Properties: {{Name: servers, ResourceQuery: {query}}}}}\n");
        Template::from(include_str!("../../shapes/window-to-run-command.yaml"))
            .replacing("ResourceType: INSTANCE", "ResourceType: RESOURCE_GROUP")
            .replacing(NO_TAG.0, "Key: \"resource-groups:Name\", Values: [!Ref Group]")
            .replacing("  Night:\n", &format!("{group}  Night:\n"))
    }

    fn by_tag(value: &str) -> String {
        format!(
            "{{Type: TAG_FILTERS_1_0, Query: {{ResourceTypeFilters: ['AWS::EC2::Instance'], TagFilters: [{{Key: Backup, Values: [{value}]}}]}}}}"
        )
    }

    #[test]
    fn passes_by_a_group_of_what_has_a_tag() {
        assert_passed(&night(&template(&by_tag("Enabled"))), &[(Hop::Rule, "Maintenance window")]);
    }

    #[test]
    fn passes_by_a_group_of_the_stacks_resources() {
        assert_passed(&night(&template("{Type: CLOUDFORMATION_STACK_1_0}")), &[(Hop::Rule, "Maintenance window")]);
    }

    #[test]
    fn a_group_without_instances_is_told() {
        let night = night(&template(&by_tag("enabled")));
        night.assert_broken("command", "reached no instance: no managed instance matches resource-groups:Name=servers");
    }
}

/// A maintenance window whose task is a state machine.
mod window_to_state_machine {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/window-to-state-machine.yaml"))
    }

    #[test]
    fn passes_by_a_state_machine_that_waits_for_the_script() {
        let night = night(&template());
        assert_passed_by(&night, &[(Hop::Rule, "Maintenance window"), (Hop::Function, "Step Functions")]);
    }

    #[test]
    fn a_role_that_may_not_start_the_state_machine_is_told_with_what_it_was_denied() {
        let night = night(&template().replacing("Action: states:StartExecution", "Action: states:StartSyncExecution"));
        night.assert_broken("rule", "night opened, and its task");
        assert!(night.why().contains("may not states:StartExecution"), "{}", night.why());
    }

    #[test]
    fn a_role_that_may_not_look_after_the_state_machine_is_told_though_the_script_ended_well() {
        let night = night(&template().replacing("Action: states:DescribeExecution", "Action: states:ListExecutions"));
        night.assert_broken("rule", "night opened, and its task");
        assert!(night.why().contains("may not states:DescribeExecution"), "{}", night.why());
    }

    #[test]
    fn a_state_machine_whose_role_may_not_send_commands_is_told_with_what_it_was_denied() {
        let document = "document/AWS-RunShellScript\"";
        let night = night(&template().replacing(document, "document/AWS-RunPatchBaseline\""));
        night.assert_broken("function", "is FAILED in its state Send: Ssm.SsmException");
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

/// A maintenance window whose task is a runbook for each of its targets.
mod window_to_automation {
    use super::*;

    fn template() -> Template {
        Template::from(include_str!("../../shapes/window-to-automation.yaml"))
    }

    #[test]
    fn passes_by_a_runbook_that_sleeps_between_its_steps() {
        assert_passed_by(&night(&template()), &[(Hop::Rule, "Maintenance window"), (Hop::Function, "Automation")]);
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
        with(template(), NO_TAG).assert_broken("command", NO_MATCH);
    }

    #[test]
    fn a_role_that_may_not_start_the_runbook_is_told_with_what_it_was_denied() {
        let night = night(&template().replacing("Action: ssm:StartAutomationExecution", "Action: ssm:GetAutomationExecution"));
        night.assert_broken("rule", "night opened, and its task");
        assert!(night.why().contains("may not ssm:StartAutomationExecution"), "{}", night.why());
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_code() {
        with(template(), FAILS).assert_broken("script", FAILED);
    }
}
