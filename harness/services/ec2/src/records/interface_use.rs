//! Who has a network interface, and what becomes of it once nobody has.

use std::net::Ipv4Addr;

use super::{Instance, NetworkInterface, Records};

impl NetworkInterface {
    /// The instance whose primary interface it is.
    pub(crate) fn instance<'a>(&self, records: &'a Records) -> Option<&'a Instance> {
        records.instance_with(&self.id)
    }

    /// Whether an instance or Lambda has it.
    pub(crate) fn is_in_use(&self, records: &Records) -> bool {
        self.function.is_some() || self.instance(records).is_some()
    }
}

impl Records {
    /// The instance that has an interface and is not terminated.
    pub(crate) fn instance_with(&self, interface: &str) -> Option<&Instance> {
        self.instances.values().find(|instance| !instance.is_terminated() && instance.interface.id == interface)
    }

    /// The Elastic IP address that is associated with an interface, an instance or a gateway.
    pub(crate) fn elastic_address(&self, with: &str) -> Option<Ipv4Addr> {
        let of = self.addresses.values().find(|address| address.association.as_ref().is_some_and(|(_, other)| other == with));
        of.map(|address| address.ip)
    }

    /// Gives back what a terminated instance did not bring: an interface that was there before it, as it was left.
    pub(crate) fn detach_interface(&mut self, instance: &Instance) {
        let id = &instance.interface.id;
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        interface.groups.clone_from(&instance.groups);
        interface.source_dest_check = instance.interface.source_dest_check;
        if instance.interface.delete_on_termination {
            self.remove_interface(id);
        }
    }

    /// Forgets an interface; an Elastic IP address that was associated with it is free again.
    pub(crate) fn remove_interface(&mut self, id: &str) {
        self.interfaces.remove(id);
        self.tags.remove(id);
        for address in self.addresses.values_mut() {
            if address.association.as_ref().is_some_and(|(_, with)| with == id) {
                address.association = None;
            }
        }
    }
}
