//! Whole drills, by the command.

#[cfg(test)]
mod access;
#[cfg(test)]
mod action;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod attack;
#[cfg(test)]
mod capture;
mod chain;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod command;
#[cfg(test)]
mod compare;
mod container;
#[cfg(test)]
mod container_lost;
mod data;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod drill_file;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod event_shapes;
#[cfg(test)]
mod every_shape;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod forms;
mod happy;
#[cfg(test)]
mod incidents;
mod input;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod library;
mod misleading;
#[cfg(test)]
mod native;
mod network;
#[cfg(test)]
mod not_supported;
#[cfg(test)]
mod on_demand;
mod operator;
#[cfg(test)]
mod operator_grants;
#[cfg(test)]
mod output;
#[cfg(test)]
mod page;
mod permissions;
#[cfg(test)]
mod prove;
#[cfg(test)]
mod redactor;
#[cfg(test)]
mod report;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod shapes;
mod shell;
#[cfg(test)]
mod smoke;
mod smoke_beside_local;
#[cfg(test)]
mod store;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod tutorial;
#[expect(clippy::expect_used, reason = "set-up of tests")]
mod up;
mod window_shapes;

use nightproof_scenarios::{Scenario, Template};

/// A drill by this package's build of the command.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn scenario() -> Scenario {
    Scenario::new(env!("CARGO_BIN_EXE_nightproof-scenario")).expect("a temporary folder")
}

/// A drill of the bundled template with one text replaced.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn changed(old: &str, new: &str) -> Scenario {
    scenario().template(&Template::default().replacing(old, new)).expect("a template")
}

/// A drill of the bundled template without the lines from one mark to the next occurrence of another.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn without(from: &str, until: &str) -> Scenario {
    scenario().template(&Template::default().cutting(from, until)).expect("a template")
}
