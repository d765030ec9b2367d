//! An event as Event Ruler sees it: values by the names on the way to them, joined by dots.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// Which element of an array a value is in, by the array's number in the event.
pub(super) type Membership = BTreeMap<usize, usize>;

/// The values of an event by their paths. Empty objects and arrays have none.
pub(super) struct Leaves<'a>(HashMap<String, Vec<Leaf<'a>>>);

pub(super) struct Leaf<'a> {
    pub(super) value: &'a Value,
    /// The arrays of objects that it is in. An array of plain values sets none apart: its values are all the field's.
    membership: Membership,
}

impl<'a> Leaves<'a> {
    pub(super) fn new(event: &'a Value) -> Self {
        let mut made = Self(HashMap::new());
        made.add("", event, &Membership::new(), &mut 0);
        made
    }

    /// The values of a field.
    pub(super) fn at(&self, path: &str) -> &[Leaf<'a>] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, path: &str, value: &'a Value, membership: &Membership, arrays: &mut usize) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.add(&joined(path, name), value, membership, arrays);
                }
            }
            Value::Array(items) => {
                let array = *arrays;
                *arrays += 1;
                for (index, item) in items.iter().enumerate() {
                    let mut membership = membership.clone();
                    if item.is_object() {
                        membership.insert(array, index);
                    }
                    self.add(path, item, &membership, arrays);
                }
            }
            _ => self.0.entry(path.to_owned()).or_default().push(Leaf { value, membership: membership.clone() }),
        }
    }
}

impl Leaf<'_> {
    /// The elements that are chosen with this value's; `None` if it is in another element of an array than one that is chosen.
    pub(super) fn together_with(&self, chosen: &Membership) -> Option<Membership> {
        let apart = self.membership.iter().any(|(array, index)| chosen.get(array).is_some_and(|other| other != index));
        (!apart).then(|| chosen.iter().chain(&self.membership).map(|(array, index)| (*array, *index)).collect())
    }
}

/// A path and the name of what is in it.
pub(super) fn joined(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}
