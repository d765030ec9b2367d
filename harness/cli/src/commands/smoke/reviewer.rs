//! The person, or the setting, that approves what a smoke drill makes.

use std::io::{self, BufRead as _};

use async_trait::async_trait;
use nightproof_drill::{Change, ResourceEvent, Review};

use super::cost;
use crate::printer;

/// Shows the change set and the stack's events on standard error.
#[derive(Debug)]
pub(super) struct Reviewer {
    /// Whether the person at the terminal is asked.
    pub(super) ask: bool,
    /// Until the run expires.
    pub(super) hours: u32,
}

#[async_trait]
impl Review for Reviewer {
    async fn approve(&self, stack: &str, changes: &[Change]) -> bool {
        show(stack, changes, self.hours);
        if !self.ask {
            return true;
        }
        printer::note("make this? [y/N]");
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        matches!(answer.await, Ok(Ok(line)) if matches!(line.trim(), "y" | "Y" | "yes"))
    }

    fn follow(&self, event: &ResourceEvent) {
        let reason = event.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        printer::note(&format!("  {:<28} {} ({}){reason}", event.status, event.logical_id, event.kind));
    }
}

/// Prints what would be made, and what that costs.
pub(super) fn show(stack: &str, changes: &[Change], hours: u32) {
    printer::note(&plan(stack, changes, hours));
}

fn plan(stack: &str, changes: &[Change], hours: u32) -> String {
    let mut lines = vec![format!("stack {stack} makes {} resources:", changes.len())];
    lines.extend(changes.iter().map(|change| format!("  {:<8} {:<34} {}", change.action, change.kind, change.logical_id)));
    lines.push(format!(
        "estimated cost: ${:.2} for the hour that a drill may take, ${:.2} should it stay until it expires in {hours} h \
         (list prices of us-east-1 and t3.micro; other types cost more)",
        cost::estimate(changes, 1),
        cost::estimate(changes, hours)
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_the_resources_and_what_they_cost() {
        let change = |kind: &str, id: &str| Change { action: "Add".to_owned(), logical_id: id.to_owned(), kind: kind.to_owned() };
        let changes = [change("AWS::EC2::Instance", "WebServerInstance"), change("AWS::S3::Bucket", "BackupBucket")];
        insta::assert_snapshot!(plan("nightproof-0a1b2c3d", &changes, 6));
    }
}
