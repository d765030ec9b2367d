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

/// What would be made, and what that costs.
pub(super) fn show(stack: &str, changes: &[Change], hours: u32) {
    printer::note(&format!("stack {stack} makes {} resources:", changes.len()));
    for change in changes {
        printer::note(&format!("  {:<8} {:<34} {}", change.action, change.kind, change.logical_id));
    }
    printer::note(&format!(
        "estimated cost: ${:.2} for the hour that a drill may take, ${:.2} should it stay until it expires in {hours} h \
         (list prices of us-east-1 and t3.micro; other types cost more)",
        cost::of(changes, 1),
        cost::of(changes, hours)
    ));
}
