//! Tests of the region with real machines and real clients.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod agent_parity;
#[cfg(test)]
mod authorization;
#[cfg(test)]
mod container;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod lambda_events;
#[cfg(test)]
mod launcher;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod node;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod protocols;
#[cfg(test)]
mod published;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod refused_by_store;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod rootfs;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tools;

/// How long a test waits for an event that takes milliseconds on an idle machine.
#[cfg(test)]
const BOUND: std::time::Duration = std::time::Duration::from_secs(20);
