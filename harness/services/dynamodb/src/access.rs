//! Whether a caller may reach items. Condition keys tell of the items themselves, so that it is the service which asks, by what the request
//! holds and the table's keys are.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use nightproof_core::authorization::Need;
use nightproof_core::service::{AwsError, Call};

use crate::attribute::Item;
use crate::records::DynamoDb;
use crate::table_name::TableName;

/// What a request does to the items of a table.
#[derive(Debug, Default)]
pub(crate) struct Access<'a> {
    /// `GetItem`
    pub(crate) action: &'static str,
    /// The operation around it, if that is another one: `TransactWriteItems`.
    pub(crate) enclosing: Option<&'static str>,
    pub(crate) index: Option<&'a str>,
    /// Items or keys in the request: their partition keys are `dynamodb:LeadingKeys`.
    pub(crate) items: Vec<&'a Item>,
    /// Attributes that the request names, at the top: `dynamodb:Attributes`.
    pub(crate) attributes: Vec<String>,
    /// `dynamodb:Select`
    pub(crate) select: Option<String>,
    /// `dynamodb:ReturnValues`
    pub(crate) return_values: Option<String>,
    /// `dynamodb:ReturnConsumedCapacity`
    pub(crate) return_capacity: Option<String>,
}

impl DynamoDb {
    /// Refuses what no policy allows.
    ///
    /// # Errors
    /// The denial.
    pub(crate) fn authorize(&self, call: &Call, table: &TableName, access: Access<'_>) -> Result<(), AwsError> {
        let Some(authorizer) = call.region.authorizer() else { return Ok(()) };
        let mut keys = Vec::new();
        let mut put = |name, values: Vec<String>| {
            if !values.is_empty() {
                keys.push((name, values));
            }
        };
        put("dynamodb:LeadingKeys", self.leading_keys(table, access.index, &access.items));
        let mut attributes = access.attributes;
        attributes.sort();
        attributes.dedup();
        put("dynamodb:Attributes", attributes);
        put("dynamodb:Select", access.select.into_iter().collect());
        put("dynamodb:ReturnValues", access.return_values.into_iter().collect());
        put("dynamodb:ReturnConsumedCapacity", access.return_capacity.into_iter().collect());
        put("dynamodb:EnclosingOperation", access.enclosing.map(str::to_owned).into_iter().collect());
        let resource = match access.index {
            Some(index) => format!("{}/index/{index}", table.arn),
            None => table.arn.clone(),
        };
        authorizer.check(call, "dynamodb", Need { action: format!("dynamodb:{}", access.action), resource, keys })
    }

    fn leading_keys(&self, table: &TableName, index: Option<&str>, items: &[&Item]) -> Vec<String> {
        self.look(&table.account, |records| {
            let Some(found) = records.tables.get(&table.name) else { return Vec::new() };
            let keys = match index {
                Some(name) => match found.index(name) {
                    Ok(index) => &index.keys,
                    Err(_) => return Vec::new(),
                },
                None => &found.keys,
            };
            let of_partition = crate::schema::KeySchema { partition: keys.partition.clone(), sort: None };
            let key = |item: &&Item| of_partition.in_index(item).map(|key| key.partition.in_policies());
            let mut leading: Vec<String> = items.iter().filter_map(key).collect();
            leading.sort();
            leading.dedup();
            leading
        })
    }
}
