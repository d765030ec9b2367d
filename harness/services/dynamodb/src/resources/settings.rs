//! What tables and global tables have in common: their settings in the form of calls, and how they are brought about.

use nightproof_resource::{Context, MadeResource, Reading, Result, items, text};
use serde_json::{Map, Value, json};

pub(super) const SERVICE: &str = "dynamodb";
/// Characters of a table's name.
pub(super) const LONGEST_NAME: usize = 255;

/// The input of `CreateTable`, of properties in the form of `AWS::DynamoDB::Table`.
pub(super) fn creation(name: &str, properties: &Value, tags: Value) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": properties.get("AttributeDefinitions"),
        "KeySchema": properties.get("KeySchema"),
        "BillingMode": properties.get("BillingMode"),
        "ProvisionedThroughput": properties.get("ProvisionedThroughput"),
        "OnDemandThroughput": properties.get("OnDemandThroughput"),
        "WarmThroughput": properties.get("WarmThroughput"),
        "LocalSecondaryIndexes": properties.get("LocalSecondaryIndexes"),
        "GlobalSecondaryIndexes": properties.get("GlobalSecondaryIndexes").map(|list| indexes(Some(list)).into_iter().collect::<Value>()),
        "StreamSpecification": stream(properties),
        "SSESpecification": encryption(properties),
        "TableClass": properties.get("TableClass"),
        "DeletionProtectionEnabled": properties.get("DeletionProtectionEnabled"),
        "Tags": tags,
    })
}

/// The stream that is to be; null without one.
pub(super) fn stream(properties: &Value) -> Value {
    match properties.pointer("/StreamSpecification/StreamViewType") {
        Some(view) => json!({ "StreamEnabled": true, "StreamViewType": view }),
        None => Value::Null,
    }
}

/// The encryption that is to be, whose members are called otherwise in calls.
pub(super) fn encryption(properties: &Value) -> Value {
    let Some(given) = properties.get("SSESpecification").and_then(Value::as_object) else { return Value::Null };
    let renamed = given.iter().map(|(name, value)| {
        let name = if name == "SSEEnabled" { "Enabled" } else { name.as_str() };
        (name.to_owned(), value.clone())
    });
    renamed.collect::<Map<String, Value>>().into()
}

/// Global indexes without what is only recorded of them.
fn indexes(list: Option<&Value>) -> Vec<Value> {
    let each = list.and_then(Value::as_array).into_iter().flatten().cloned();
    each.map(|mut index| {
        if let Some(members) = index.as_object_mut() {
            members.remove("ContributorInsightsSpecification");
        }
        index
    })
    .collect()
}

/// Waits until a table and its indexes are what they are to be, and returns the description.
pub(super) async fn settled(context: &Context, name: &str) -> Result<Value> {
    let is_settled = |answer: &Value| {
        let indexes = answer.pointer("/Table/GlobalSecondaryIndexes").and_then(Value::as_array);
        Ok(answer["Table"]["TableStatus"] == "ACTIVE"
            && indexes.into_iter().flatten().all(|index| index["IndexStatus"] == "ACTIVE"))
    };
    let mut answer = context.until(SERVICE, "DescribeTable", json!({ "TableName": name }), is_settled).await?;
    Ok(answer["Table"].take())
}

/// The resource of a table that is there.
pub(super) fn made(table: &Value) -> MadeResource {
    let mut made = MadeResource::new(text(table, "/TableName"), []);
    for (name, pointer) in [("Arn", "/TableArn"), ("StreamArn", "/LatestStreamArn"), ("TableId", "/TableId")] {
        made.attributes.extend(table.pointer(pointer).map(|value| (name.to_owned(), value.clone())));
    }
    made
}

/// Sets the time to live and point-in-time recovery, where `before` had them otherwise.
pub(super) async fn set_beside(context: &Context, name: &str, before: &Value, properties: &Value) -> Result<()> {
    let time_to_live = |properties: &Value| {
        let given = properties.get("TimeToLiveSpecification")?;
        given["Enabled"].as_bool().unwrap_or_default().then(|| text(given, "/AttributeName"))
    };
    let (old, new) = (time_to_live(before), time_to_live(properties));
    if old != new {
        for (enabled, attribute) in [(false, old), (true, new)] {
            if let Some(attribute) = attribute {
                let specification = json!({ "Enabled": enabled, "AttributeName": attribute });
                let input = json!({ "TableName": name, "TimeToLiveSpecification": specification });
                context.make(SERVICE, "UpdateTimeToLive", input).await?;
            }
        }
    }
    let recovery = |properties: &Value| {
        let given = properties.get("PointInTimeRecoverySpecification").cloned().unwrap_or_default();
        if given["PointInTimeRecoveryEnabled"].as_bool().unwrap_or_default() {
            given
        } else {
            json!({ "PointInTimeRecoveryEnabled": false })
        }
    };
    let (old, new) = (recovery(before), recovery(properties));
    if old != new {
        let input = json!({ "TableName": name, "PointInTimeRecoverySpecification": new });
        context.make(SERVICE, "UpdateContinuousBackups", input).await?;
    }
    Ok(())
}

/// Changes a table in place, one thing after the other, as each takes its time. Both are properties in the form of `AWS::DynamoDB::Table`.
pub(super) async fn update(context: &Context, name: &str, before: &Value, properties: &Value) -> Result<Value> {
    let differs = |member: &str| before.get(member) != properties.get(member);
    let change = async |input: Value| {
        let mut input = input;
        input["TableName"] = name.into();
        context.make(SERVICE, "UpdateTable", input).await?;
        settled(context, name).await
    };
    let (old, new) = (indexes(before.get("GlobalSecondaryIndexes")), indexes(properties.get("GlobalSecondaryIndexes")));
    let named = |list: &[Value], index: &Value| list.iter().find(|one| one["IndexName"] == index["IndexName"]).cloned();
    let is_same = |one: &Value, other: &Value| one["KeySchema"] == other["KeySchema"] && one["Projection"] == other["Projection"];
    for index in &old {
        if named(&new, index).is_none_or(|kept| !is_same(index, &kept)) {
            change(json!({ "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": index["IndexName"] } }] })).await?;
        }
    }
    let throughputs: Vec<Value> = new
        .iter()
        .filter(|index| named(&old, index).is_some_and(|kept| is_same(index, &kept) && kept != **index))
        .map(|index| {
            let members = ["IndexName", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"];
            let given = members.into_iter().filter_map(|member| Some((member.to_owned(), index.get(member)?.clone())));
            json!({ "Update": given.collect::<Map<String, Value>>() })
        })
        .collect();
    if differs("BillingMode") || differs("ProvisionedThroughput") || differs("OnDemandThroughput") || !throughputs.is_empty() {
        let mode = properties.get("BillingMode").cloned().unwrap_or_else(|| "PROVISIONED".into());
        let mut input = json!({ "BillingMode": mode });
        for member in ["ProvisionedThroughput", "OnDemandThroughput"] {
            if let Some(given) = properties.get(member) {
                input[member] = given.clone();
            }
        }
        if mode == "PROVISIONED" && !throughputs.is_empty() {
            input["GlobalSecondaryIndexUpdates"] = throughputs.into();
        }
        change(input).await?;
    }
    for index in &new {
        if named(&old, index).is_none_or(|kept| !is_same(index, &kept)) {
            let attributes = properties["AttributeDefinitions"].clone();
            change(json!({ "AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": [{ "Create": index }] })).await?;
        }
    }
    let (old_stream, new_stream) = (stream(before), stream(properties));
    if old_stream != new_stream {
        if !old_stream.is_null() {
            change(json!({ "StreamSpecification": { "StreamEnabled": false } })).await?;
        }
        if !new_stream.is_null() {
            change(json!({ "StreamSpecification": new_stream })).await?;
        }
    }
    if differs("SSESpecification") {
        let wanted = match encryption(properties) {
            Value::Null => json!({ "Enabled": false }),
            given => given,
        };
        change(json!({ "SSESpecification": wanted })).await?;
    }
    for (member, default) in [("TableClass", json!("STANDARD")), ("DeletionProtectionEnabled", json!(false))] {
        if differs(member) {
            change(json!({ member: properties.get(member).cloned().unwrap_or(default) })).await?;
        }
    }
    if differs("WarmThroughput")
        && let Some(given) = properties.get("WarmThroughput")
    {
        change(json!({ "WarmThroughput": given })).await?;
    }
    set_beside(context, name, before, properties).await?;
    settled(context, name).await
}

/// What a table is, in the properties of `AWS::DynamoDB::Table`.
pub(super) async fn read(context: &Context, name: &str) -> Reading {
    let named = json!({ "TableName": name });
    let table = context.read(SERVICE, "DescribeTable", named.clone(), "/Table").await?;
    let on_demand = table.pointer("/BillingModeSummary/BillingMode").is_some_and(|mode| mode == "PAY_PER_REQUEST");
    let throughput = |given: &Value| match on_demand {
        true => Value::Null,
        false => json!({
            "ReadCapacityUnits": given["ReadCapacityUnits"],
            "WriteCapacityUnits": given["WriteCapacityUnits"],
        }),
    };
    let index = |index: &Value| {
        let mut shown =
            json!({ "IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": index["Projection"] });
        if let Some(given) = index.get("ProvisionedThroughput").map(throughput).filter(|given| !given.is_null()) {
            shown["ProvisionedThroughput"] = given;
        }
        shown
    };
    let time_to_live =
        context.read_part(SERVICE, "DescribeTimeToLive", named.clone(), "/TimeToLiveDescription/AttributeName").await?;
    let recovery = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription";
    let recovery = context.read_part(SERVICE, "DescribeContinuousBackups", named, recovery).await?;
    let tags = context.read_part(SERVICE, "ListTagsOfResource", json!({ "ResourceArn": table["TableArn"] }), "/Tags").await?;
    let part = |pointer: &str| table.pointer(pointer).cloned().unwrap_or_default();
    Ok(json!({
        "Arn": part("/TableArn"),
        "StreamArn": part("/LatestStreamArn"),
        "TableName": part("/TableName"),
        "AttributeDefinitions": part("/AttributeDefinitions"),
        "KeySchema": part("/KeySchema"),
        "BillingMode": if on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" },
        "ProvisionedThroughput": throughput(&table["ProvisionedThroughput"]),
        "OnDemandThroughput": part("/OnDemandThroughput"),
        "LocalSecondaryIndexes": items(&table, "/LocalSecondaryIndexes", index),
        "GlobalSecondaryIndexes": items(&table, "/GlobalSecondaryIndexes", index),
        "StreamSpecification": match part("/StreamSpecification/StreamViewType") {
            Value::Null => Value::Null,
            view => json!({ "StreamViewType": view }),
        },
        "SSESpecification": match part("/SSEDescription/KMSMasterKeyArn") {
            Value::Null => json!({ "SSEEnabled": false }),
            key => json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key }),
        },
        "TableClass": table.pointer("/TableClassSummary/TableClass").cloned().unwrap_or_else(|| "STANDARD".into()),
        "DeletionProtectionEnabled": part("/DeletionProtectionEnabled"),
        "TimeToLiveSpecification": match time_to_live {
            Value::Null => json!({ "Enabled": false }),
            attribute => json!({ "Enabled": true, "AttributeName": attribute }),
        },
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryStatus"] == "ENABLED",
            "RecoveryPeriodInDays": recovery["RecoveryPeriodInDays"],
        },
        "Tags": tags,
    }))
}

/// Deletes a table, and waits until it is gone.
pub(super) async fn delete(context: &Context, name: &str) -> Result<()> {
    let named = json!({ "TableName": name });
    context.unmake(SERVICE, "DeleteTable", named.clone()).await?;
    let gone = nightproof_poll::until(std::time::Duration::from_secs(120), || async {
        match context.call(SERVICE, "DescribeTable", named.clone()).await {
            Err(error) if error.code == "ResourceNotFoundException" => Ok(()),
            Err(error) => Err(error.to_string()),
            Ok(answer) => Err(answer.to_string()),
        }
    });
    gone.await.map_err(|last| format!("the table was not deleted in time; last seen: {last}"))
}
