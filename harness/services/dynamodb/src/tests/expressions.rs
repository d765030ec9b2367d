//! Expressions, by what becomes of an item and by what is refused.

use serde_json::{Map, json};

use super::*;

fn values(sent: &Value) -> Map<String, Value> {
    sent.as_object().cloned().unwrap_or_default()
}

async fn world() -> World {
    let world = World::with_table().await;
    let item = json!({
        "id": {"S": "a"}, "nr": {"N": "1"}, "t": {"S": "hello"}, "n": {"N": "5"}, "ss": {"SS": ["x", "y"]},
        "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]}, "m": {"M": {"inn": {"N": "7"}, "deep": {"M": {"x": {"S": "y"}}}}}, "nul": {"NULL": true},
    });
    world.ok("PutItem", json!({"TableName": "tab", "Item": item})).await;
    world
}

#[tokio::test]
async fn conditions_hold_or_do_not() {
    let world = world().await;
    let all = json!({":h": {"S": "he"}, ":n": {"N": "5.0"}, ":low": {"N": "1"}, ":x": {"S": "x"}, ":kind": {"S": "NULL"}, ":two": {"N": "2"}, ":size": {"N": "3"}});
    for (condition, holds) in [
        ("begins_with(t, :h)", true),
        ("n = :n", true),
        ("n <> :n", false),
        ("nowhere <> :n", true),
        ("nowhere = :n", false),
        ("t = :n", false),
        ("n BETWEEN :low AND :n", true),
        ("n IN (:low, :n)", true),
        ("contains(ss, :x) AND contains(l, :two)", true),
        ("attribute_type(nul, :kind)", true),
        ("attribute_exists(m.deep.x) AND attribute_not_exists(m.nothing)", true),
        ("l[2] = :two", true),
        ("l[3] = :two", false),
        ("size(l) = :size", true),
        ("size(n) = :size", false),
        ("NOT n = :n OR t = :h", false),
        ("NOT (n = :n AND t = :h)", true),
        ("n > :low AND (t = :h OR n <= :n)", true),
        ("n > m.inn", false),
        ("n < m.inn", true),
    ] {
        let used = values(&all)
            .into_iter()
            .filter(|(name, _)| condition.split(|c: char| !c.is_alphanumeric() && c != ':').any(|word| word == name));
        let used: Map<String, Value> = used.collect();
        let mut input = json!({"TableName": "tab", "Key": key("a", 1), "ConditionExpression": condition, "UpdateExpression": "SET touched = :touched"});
        let mut given = used;
        given.insert(":touched".to_owned(), json!({"BOOL": true}));
        input["ExpressionAttributeValues"] = given.into();
        let outcome = world.call("UpdateItem", input).await;
        assert_eq!(outcome.is_ok(), holds, "{condition}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!(error.code, "ConditionalCheckFailedException", "{condition}");
        }
    }
}

#[tokio::test]
async fn updates_change_parts_of_an_item() {
    let all = json!({":one": {"N": "1"}, ":more": {"L": [{"N": "9"}]}, ":z": {"SS": ["z"]}, ":xy": {"SS": ["x", "y"]}, ":s": {"S": "s"}});
    for (update, member, expected) in [
        ("SET n = n + :one", "n", json!({"N": "6"})),
        ("SET n = m.inn - :one", "n", json!({"N": "6"})),
        ("SET m.deep.x = :s", "m", json!({"M": {"inn": {"N": "7"}, "deep": {"M": {"x": {"S": "s"}}}}})),
        ("SET l[1] = :s, l[10] = :one", "l", json!({"L": [{"N": "0"}, {"S": "s"}, {"N": "2"}, {"N": "1"}]})),
        ("SET l = list_append(:more, l)", "l", json!({"L": [{"N": "9"}, {"N": "0"}, {"N": "1"}, {"N": "2"}]})),
        ("SET label = if_not_exists(label, :s)", "label", json!({"S": "s"})),
        ("SET t = if_not_exists(t, :s)", "t", json!({"S": "hello"})),
        ("REMOVE l[0], l[2]", "l", json!({"L": [{"N": "1"}]})),
        ("REMOVE m.deep, nothing", "m", json!({"M": {"inn": {"N": "7"}}})),
        ("ADD n :one", "n", json!({"N": "6"})),
        ("ADD fresh :one", "fresh", json!({"N": "1"})),
        ("ADD ss :z", "ss", json!({"SS": ["x", "y", "z"]})),
        ("DELETE ss :z", "ss", json!({"SS": ["x", "y"]})),
        ("DELETE ss :xy", "ss", Value::Null),
        ("set n = :one remove t add ss :z", "ss", json!({"SS": ["x", "y", "z"]})),
    ] {
        let world = world().await;
        let used: Map<String, Value> = values(&all).into_iter().filter(|(name, _)| update.contains(name.as_str())).collect();
        let mut input = json!({"TableName": "tab", "Key": key("a", 1), "UpdateExpression": update, "ReturnValues": "ALL_NEW"});
        if !used.is_empty() {
            input["ExpressionAttributeValues"] = used.into();
        }
        let updated = world.ok("UpdateItem", input).await;
        assert_eq!(updated["Attributes"].get(member).cloned().unwrap_or_default(), expected, "{update}");
    }
}

#[tokio::test]
async fn updates_that_do_not_fit_the_item_are_refused() {
    let world = world().await;
    for (update, message) in [
        ("SET n = t + :one", "An operand in the update expression has an incorrect data type"),
        ("SET n = nothing + :one", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET nothing.x = :one", "The document path provided in the update expression is invalid for update"),
        ("SET t.x = :one", "The document path provided in the update expression is invalid for update"),
        ("ADD t :one", "An operand in the update expression has an incorrect data type"),
    ] {
        let input = json!({"TableName": "tab", "Key": key("a", 1), "UpdateExpression": update, "ExpressionAttributeValues": {":one": {"N": "1"}}});
        assert_eq!(world.refused("UpdateItem", input).await, format!("ValidationException: {message}"), "{update}");
    }
}

#[tokio::test]
async fn expressions_that_are_wrong_are_refused_in_aws_s_words() {
    let world = World::with_table().await;
    let values = json!({":v": {"N": "1"}, ":s": {"S": "s"}});
    for (expression, message) in [
        ("", "Invalid UpdateExpression: The expression can not be empty;"),
        ("SET a :v", "Invalid UpdateExpression: Syntax error; token: \":v\", near: \"a :v\""),
        ("SET a = ", "Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \"= \""),
        ("SET name = :v", "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name"),
        (
            "SET a = :none",
            "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :none",
        ),
        (
            "SET #a = :v",
            "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #a",
        ),
        ("SET a = :v SET b = :s", "Invalid UpdateExpression: The \"SET\" section can only be used once in an update expression;"),
        (
            "SET a = :v, a.b = :s",
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
        ),
        (
            "SET a.b = :v, a[0] = :s",
            "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [0]]",
        ),
        (
            "ADD a :s",
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeset: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a :v",
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeset: ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET a = a + :s",
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        ("SET a = minus(a, :s)", "Invalid UpdateExpression: Invalid function name; function: minus"),
        ("SET a = :v", "Value provided in ExpressionAttributeValues unused in expressions: keys: {:s}"),
    ] {
        let input =
            json!({"TableName": "tab", "Key": key("a", 1), "UpdateExpression": expression, "ExpressionAttributeValues": values});
        assert_eq!(world.refused("UpdateItem", input).await, format!("ValidationException: {message}"), "{expression}");
    }
    for (expression, message) in [
        ("a = b c", "Invalid ConditionExpression: Syntax error; token: \"c\", near: \"b c\""),
        ("((a = b))", "Invalid ConditionExpression: The expression has redundant parentheses;"),
        (
            "a = a",
            "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]",
        ),
        ("exists(a)", "Invalid ConditionExpression: Invalid function name; function: exists"),
        (
            "attribute_exists(a, b)",
            "Invalid ConditionExpression: Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
        ),
    ] {
        let input = json!({"TableName": "tab", "Key": key("a", 1), "ConditionExpression": expression});
        assert_eq!(world.refused("DeleteItem", input).await, format!("ValidationException: {message}"), "{expression}");
    }
    let between = json!({"TableName": "tab", "Key": key("a", 1), "ConditionExpression": "a BETWEEN :h AND :l", "ExpressionAttributeValues": {":h": {"N": "5"}, ":l": {"N": "1"}}});
    assert_eq!(
        world.refused("DeleteItem", between).await,
        "ValidationException: Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:1}"
    );
    let prefix = json!({"TableName": "tab", "Key": key("a", 1), "ConditionExpression": "begins_with(a, :n)", "ExpressionAttributeValues": {":n": {"N": "5"}}});
    assert!(world.refused("DeleteItem", prefix).await.ends_with("operator or function: begins_with, operand type: N"));
}

#[tokio::test]
async fn placeholders_go_with_expressions() {
    let world = World::with_table().await;
    let get = |more: Value| {
        let mut input = json!({"TableName": "tab", "Key": key("a", 1)});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.refused("GetItem", input)
    };
    assert!(
        get(json!({"ExpressionAttributeNames": {"#a": "b"}}))
            .await
            .ends_with("ExpressionAttributeNames can only be specified when using expressions")
    );
    assert!(
        get(json!({"ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "b"}}))
            .await
            .ends_with("Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}")
    );
    assert!(
        get(json!({"ProjectionExpression": "a", "ExpressionAttributeNames": {"a": "b"}}))
            .await
            .ends_with("ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"")
    );
    let put = json!({"TableName": "tab", "Item": key("a", 1), "ExpressionAttributeValues": {":v": {"N": "1"}}});
    assert!(
        world
            .refused("PutItem", put)
            .await
            .ends_with("ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null")
    );
    let empty = json!({"TableName": "tab", "Item": key("a", 1), "ConditionExpression": "id = :v", "ExpressionAttributeValues": {":v": {}}});
    assert!(world.refused("PutItem", empty).await.ends_with("must contain exactly one of the supported datatypes for key :v"));
}
