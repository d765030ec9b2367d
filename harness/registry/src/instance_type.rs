//! The instance types of EC2. <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>

use std::sync::LazyLock;

/// An instance type.
#[derive(Debug, Clone, Copy)]
pub struct InstanceType {
    /// `t3.micro`
    pub name: &'static str,
    /// What its processors run, such as `x86_64`, with commas.
    architectures: &'static str,
    /// `nitro` or `xen`; `None` if it is the bare machine.
    pub hypervisor: Option<&'static str>,
    /// vCPUs.
    pub cpus: u32,
    /// vCPUs of a core.
    pub threads_per_core: u32,
    /// Memory.
    pub memory_mib: u32,
    /// Disks of its host, in GB; 0 if it has none.
    pub instance_storage_gb: u32,
    root_devices: &'static str,
    usage_classes: &'static str,
    virtualization: &'static str,
    flags: &'static str,
}

impl InstanceType {
    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        Some(Self {
            name: next()?,
            architectures: next()?,
            hypervisor: Some(next()?).filter(|name| *name != "-"),
            cpus: next()?.parse().ok()?,
            threads_per_core: next()?.parse().ok()?,
            memory_mib: next()?.parse().ok()?,
            instance_storage_gb: next()?.parse().ok()?,
            root_devices: next()?,
            usage_classes: next()?,
            virtualization: next()?,
            flags: next()?,
        })
    }

    /// What its processors run, such as `x86_64`.
    pub fn architectures(&self) -> impl Iterator<Item = &'static str> {
        self.architectures.split(',')
    }

    /// Cores, as instances have them by default.
    pub fn cores(&self) -> u32 {
        self.cpus.checked_div(self.threads_per_core).unwrap_or(self.cpus)
    }

    /// Of several architectures, the one that images have.
    pub fn architecture(&self) -> &'static str {
        self.architectures().last().unwrap_or_default()
    }

    /// Kinds of root volumes: `ebs`, `instance-store`.
    pub fn root_devices(&self) -> impl Iterator<Item = &'static str> {
        self.root_devices.split(',')
    }

    /// How it can be bought: `on-demand`, `spot`.
    pub fn usage_classes(&self) -> impl Iterator<Item = &'static str> {
        self.usage_classes.split(',')
    }

    /// `hvm`, `paravirtual`
    pub fn virtualization(&self) -> impl Iterator<Item = &'static str> {
        self.virtualization.split(',')
    }

    /// Whether AWS sells it as one of its current generation.
    pub fn is_current(&self) -> bool {
        self.flags.contains('c')
    }

    /// Whether it earns and spends CPU credits.
    pub fn is_burstable(&self) -> bool {
        self.flags.contains('b')
    }

    /// Whether the free tier pays for it.
    pub fn is_free(&self) -> bool {
        self.flags.contains('f')
    }

    /// Whether it can be hibernated.
    pub fn hibernates(&self) -> bool {
        self.flags.contains('h')
    }

    /// Whether a dedicated host may have it.
    pub fn is_for_dedicated_hosts(&self) -> bool {
        self.flags.contains('d')
    }

    /// Whether AWS recovers it from a failure of its host.
    pub fn recovers(&self) -> bool {
        self.flags.contains('r')
    }

    /// The letters before its generation: `m` of `m7g.large`, `u` of `u-6tb1.56xlarge`.
    pub fn family(&self) -> &'static str {
        let end = self.name.find(|letter: char| !letter.is_ascii_lowercase());
        self.name.get(..end.unwrap_or(self.name.len())).unwrap_or_default()
    }
}

/// All types of all regions, sorted by name.
pub fn instance_types() -> &'static [InstanceType] {
    static ALL: LazyLock<Vec<InstanceType>> =
        LazyLock::new(|| include_str!("../data/instance_types.txt").lines().filter_map(InstanceType::read).collect());
    &ALL
}

/// The type with this name; `None` if nothing is known of it.
pub fn instance_type(name: &str) -> Option<&'static InstanceType> {
    let all = instance_types();
    all.get(all.binary_search_by_key(&name, |kind| kind.name).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_types_and_sorted() {
        let all = instance_types();
        assert_eq!(all.len(), include_str!("../data/instance_types.txt").lines().count());
        assert!(all.is_sorted_by_key(|kind| kind.name));
    }

    #[test]
    fn types_have_their_sizes_and_families() {
        let found = instance_type("t3.micro").unwrap();
        assert_eq!((found.cpus, found.memory_mib, found.architecture()), (2, 1024, "x86_64"));
        assert!(found.is_free() && found.is_burstable() && found.is_current());
        let old = instance_type("m3.large").unwrap();
        assert_eq!((old.hypervisor, old.memory_mib, old.instance_storage_gb), (Some("xen"), 7680, 32));
        assert_eq!(instance_type("t1.micro").unwrap().architecture(), "x86_64");
        assert_eq!((instance_type("m5.metal").unwrap().hypervisor, instance_type("m7g.large").unwrap().family()), (None, "m"));
        assert!(instance_type("m99.huge").is_none());
    }
}
