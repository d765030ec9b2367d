//! Writes to items: prepared against what is there, then made.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};

use crate::attribute::{Item, item_size, show_item};
use crate::error::{invalid_parameters, key_mismatch};
use crate::expression::{Condition, Update};
use crate::records::Account;
use crate::schema::ItemKey;
use crate::table_name::TableName;

/// A write to one item, or a check of one.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) table: TableName,
    pub(crate) kind: WriteKind,
    pub(crate) condition: Option<Condition>,
    /// Whether the error of a condition that fails has the item.
    pub(crate) shows_failed: bool,
}

#[derive(Debug)]
pub(crate) enum WriteKind {
    Put(Item),
    /// Of the item with this key.
    Update(Item, Update),
    Delete(Item),
    Check(Item),
}

/// A write that can be made.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) key: ItemKey,
    pub(crate) old: Option<Item>,
    pub(crate) new: Option<Item>,
    /// Whether nothing is written.
    is_check: bool,
}

impl Write {
    /// The key or the item in the request.
    pub(crate) fn item(&self) -> &Item {
        match &self.kind {
            WriteKind::Put(item) | WriteKind::Update(item, _) | WriteKind::Delete(item) | WriteKind::Check(item) => item,
        }
    }

    /// The attributes that the request names.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let updated = match &self.kind {
            WriteKind::Update(_, update) => update.paths().map(|path| path.top.clone()).collect(),
            _ => Vec::new(),
        };
        let compared = self.condition.iter().flat_map(Condition::paths).map(|path| path.top.clone());
        self.item().keys().cloned().chain(updated).chain(compared).collect()
    }

    /// Looks at what is there.
    ///
    /// # Errors
    /// There is no such table, the item cannot be what the write makes it, or the condition fails.
    pub(crate) fn prepare(&self, records: &mut Account, now: Timestamp) -> Result<Prepared, AwsError> {
        let table = records.open_table(&self.table, now)?;
        let key = match &self.kind {
            WriteKind::Put(item) => table.key_of_new(item)?,
            WriteKind::Update(key, _) | WriteKind::Delete(key) | WriteKind::Check(key) => table.keys.of_request(key)?,
        };
        if let WriteKind::Update(_, update) = &self.kind
            && let Some(path) = update.paths().find(|path| table.keys.names().any(|name| name == path.top))
        {
            let message = format!("Cannot update attribute {}. This attribute is part of the key", path.top);
            return Err(invalid_parameters(message));
        }
        let old = table.get(&key).cloned();
        let nothing = Item::new();
        let there = old.as_ref().unwrap_or(&nothing);
        if self.condition.as_ref().is_some_and(|condition| !condition.holds(there)) {
            let error = AwsError::new("ConditionalCheckFailedException", 400, "The conditional request failed");
            return Err(match &old {
                Some(item) if self.shows_failed => error.with("Item", show_item(item)),
                _ => error,
            });
        }
        let new = match &self.kind {
            WriteKind::Put(item) => Some(item.clone()),
            WriteKind::Update(given, update) => {
                let base = old.clone().unwrap_or_else(|| given.clone());
                let item = update.apply(&base)?;
                table.check_item(&item, "Item size to update has exceeded the maximum allowed size")?;
                Some(item)
            }
            WriteKind::Delete(_) => None,
            WriteKind::Check(_) => old.clone(),
        };
        Ok(Prepared { key, old, new, is_check: matches!(self.kind, WriteKind::Check(_)) })
    }

    /// As [`Write::prepare`], where what is no item of the table is said as of a key.
    ///
    /// # Errors
    /// As of [`Write::prepare`].
    pub(crate) fn prepare_in_batch(&self, records: &mut Account, now: Timestamp) -> Result<Prepared, AwsError> {
        self.prepare(records, now).map_err(|error| {
            let is_missing = error.message.contains("Missing the key") || error.message.contains("Type mismatch for key ");
            if is_missing { key_mismatch() } else { error }
        })
    }
}

impl Prepared {
    /// Bytes of the larger one of the item before and after.
    pub(crate) fn size(&self) -> usize {
        [&self.old, &self.new].into_iter().flatten().map(item_size).max().unwrap_or_default()
    }

    /// Makes the write.
    pub(crate) fn make(&self, call: &Call, table: &TableName, records: &mut Account) {
        if !self.is_check {
            records.write(&table.name, self.key.clone(), self.new.clone(), call.region.name(), call.now);
        }
    }
}
