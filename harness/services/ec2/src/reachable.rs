//! Which ports of an instance anybody can reach, by its security groups as they are now.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use nightproof_core::Region;

use crate::ec2::Ec2;
use crate::records::{Direction, Instance, Records, Rule, Source};

/// The most ports that a rule may open for them to be published: beyond, it says nothing of what is served.
const WIDEST: i64 = 16;

impl Ec2 {
    /// Tells each machine of the account which of its ports are open.
    pub(crate) fn publish(&self, region: &Region, account: &str) {
        let machines = self.machines().clone();
        // Told under the lock, so that of two changes the later one is told last.
        self.with_records(region, account, |records| {
            for (id, machine) in machines {
                if let Some(instance) = records.instances.get(&id) {
                    machine.open_ports(open_ports(records, instance));
                }
            }
        });
    }
}

fn open_ports(records: &Records, instance: &Instance) -> BTreeSet<u16> {
    let rules = records.rules.values().filter(|rule| instance.groups.contains(&rule.group));
    let ports = rules.filter_map(opened).flatten().filter_map(|port| u16::try_from(port).ok());
    ports.filter(|port| *port != 0).collect()
}

/// The TCP ports that a rule opens to every address; a client on this host's loopback stands for any.
fn opened(rule: &Rule) -> Option<RangeInclusive<i64>> {
    let anybody = matches!(rule.source, Source::Ipv4(block) if block.prefix_len() == 0);
    let tcp = rule.direction == Direction::Ingress && rule.protocol == "tcp";
    (anybody && tcp && rule.to - rule.from < WIDEST).then_some(rule.from..=rule.to)
}
