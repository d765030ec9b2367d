use serde_json::{Value, json};

use crate::Pattern;

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(&pattern.to_string()).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(event)
}

#[test]
fn fields_are_compared_by_value() {
    let event =
        json!({"source": "my.app", "detail": {"state": "running", "tags": ["a", "b"], "n": 300, "none": null, "on": true}});
    for (pattern, expected) in [
        (json!({"source": ["my.app", "other"]}), true),
        (json!({"source": ["other"]}), false),
        (json!({"source": ["MY.APP"]}), false),
        (json!({"source": ["my.app"], "detail": {"state": ["stopped"]}}), false),
        (json!({"detail": {"tags": ["b"]}}), true),
        (json!({"detail": {"n": [3.0e2]}}), true),
        (json!({"detail": {"n": ["300"]}}), false),
        (json!({"detail": {"none": [null]}}), true),
        (json!({"detail": {"missing": [null]}}), false),
        (json!({"detail": {"on": [true]}}), true),
        (json!({"detail": {"state": [{"exactly": "running"}]}}), true),
        (json!({"detail": {"state": {"deeper": ["running"]}}}), false),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{pattern}");
    }
}

#[test]
fn operators_compare_as_event_ruler_does() {
    let event = json!({"text": "Eventbridge", "number": 5, "address": "10.0.0.200", "v6": "2001:db8::7", "list": ["a", "b"], "object": {"x": 1},
        "path": "dir/file*.png", "empty": [], "account": 111_122_223_333_u64});
    for (pattern, expected) in [
        (json!({"text": [{"prefix": "Event"}]}), true),
        (json!({"text": [{"prefix": "event"}]}), false),
        (json!({"text": [{"prefix": {"equals-ignore-case": "EVENT"}}]}), true),
        (json!({"text": [{"suffix": "bridge"}]}), true),
        (json!({"text": [{"suffix": "Bridge"}]}), false),
        (json!({"text": [{"suffix": {"equals-ignore-case": "BRIDGE"}}]}), true),
        (json!({"text": [{"equals-ignore-case": "eventBRIDGE"}]}), true),
        (json!({"number": [{"prefix": "5"}]}), false),
        (json!({"text": [{"wildcard": "E*b*e"}]}), true),
        (json!({"text": [{"wildcard": "E*x*e"}]}), false),
        (json!({"text": [{"wildcard": "Eventbridge*"}]}), true),
        (json!({"text": [{"wildcard": "Eventbridge*e"}]}), false),
        (json!({"path": [{"wildcard": "dir/*\\*.png"}]}), true),
        (json!({"number": [{"numeric": ["=", 5.0]}]}), true),
        (json!({"number": [{"numeric": [">", 5]}]}), false),
        (json!({"number": [{"numeric": [">=", 5, "<", 6]}]}), true),
        (json!({"number": [{"numeric": [">", 0, "<=", 4]}]}), false),
        (json!({"text": [{"numeric": ["=", 5]}]}), false),
        (json!({"account": [111_122_223_333_u64]}), true),
        (json!({"account": [{"numeric": [">", 0]}]}), false),
        (json!({"address": [{"cidr": "10.0.0.0/24"}]}), true),
        (json!({"address": [{"cidr": "10.0.0.0/25"}]}), false),
        (json!({"address": [{"cidr": "0.0.0.0/0"}]}), true),
        (json!({"v6": [{"cidr": "2001:db8::/32"}]}), true),
        (json!({"v6": [{"cidr": "10.0.0.0/8"}]}), false),
        (json!({"text": [{"exists": true}]}), true),
        (json!({"text": [{"exists": false}]}), false),
        (json!({"object": [{"exists": true}]}), false),
        (json!({"empty": [{"exists": false}]}), true),
        (json!({"absent": {"deeper": [{"exists": false}]}}), true),
        (json!({"text": [{"anything-but": "other"}]}), true),
        (json!({"text": [{"anything-but": ["Eventbridge", "other"]}]}), false),
        (json!({"absent": [{"anything-but": "other"}]}), false),
        (json!({"list": [{"anything-but": "a"}]}), true),
        (json!({"number": [{"anything-but": [5, 6]}]}), false),
        (json!({"number": [{"anything-but": "5"}]}), true),
        (json!({"text": [{"anything-but": {"prefix": "Ev"}}]}), false),
        (json!({"text": [{"anything-but": {"prefix": ["x", "Ev"]}}]}), false),
        (json!({"text": [{"anything-but": {"suffix": "x"}}]}), true),
        (json!({"text": [{"anything-but": {"equals-ignore-case": ["EVENTBRIDGE", "x"]}}]}), false),
        (json!({"text": [{"anything-but": {"wildcard": "*bridge"}}]}), false),
        (json!({"text": ["other", {"suffix": "bridge"}]}), true),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{pattern}");
    }
}

#[test]
fn one_object_of_an_array_must_fit_alone() {
    let event = json!({"disks": [{"name": "a", "full": true}, {"name": "b", "full": false}]});
    assert!(matches(&json!({"disks": {"name": ["a"], "full": [true]}}), &event));
    assert!(!matches(&json!({"disks": {"name": ["a"], "full": [false]}}), &event));
    assert!(!matches(&json!({"disks": {"$or": [{"name": ["a"]}, {"name": ["c"]}], "full": [false]}}), &event));
    let two = json!({"a": [{"x": 1}, {"x": 2}], "b": [{"x": 3}, {"x": 4, "y": [5, 6]}]});
    assert!(matches(&json!({"a": {"x": [2]}, "b": {"x": [4], "y": [6]}}), &two));
    assert!(!matches(&json!({"a": {"x": [2]}, "b": {"x": [3], "y": [6]}}), &two));
}

#[test]
fn a_field_is_known_by_its_path_however_it_is_nested() {
    for (pattern, event, expected) in [
        (json!({"detail": {"state.status": ["on"]}}), json!({"detail": {"state": {"status": "on"}}}), true),
        (json!({"detail": {"state": {"status": ["on"]}}}), json!({"detail": {"state.status": "on"}}), true),
        (json!({"detail": {"a.b": {"c": ["x"]}}}), json!({"detail": {"a": {"b.c": "x"}}}), true),
        (json!({"detail": {"a.b": {"c": ["x"]}}}), json!({"detail": {"a": {"c": "x"}}}), false),
        (json!({"a.b": [{"exists": false}]}), json!({"a": {"b": 1}}), false),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{pattern} {event}");
    }
}

#[test]
fn alternatives_stand_beside_fields_at_any_depth() {
    let pattern = json!({"source": ["s"], "detail": {"$or": [{"a": [1]}, {"b": [{"numeric": ["<", 10]}], "c": [true]}]}});
    for (detail, expected) in [
        (json!({"a": 1}), true),
        (json!({"a": 2, "b": 9, "c": true}), true),
        (json!({"b": 9, "c": false}), false),
        (json!({}), false),
    ] {
        assert_eq!(matches(&pattern, &json!({"source": "s", "detail": detail})), expected, "{detail}");
        assert!(!matches(&pattern, &json!({"source": "t", "detail": detail})));
    }
}

#[test]
fn what_event_ruler_refuses_is_refused_in_its_words() {
    for (pattern, reason) in [
        (json!([]), "Filter is not an object"),
        (json!({}), "Empty objects are not allowed"),
        (json!({"a": {}}), "Empty objects are not allowed"),
        (json!({"a": []}), "Empty arrays are not allowed"),
        (json!({"a": "x"}), "\"a\" must be an object or an array"),
        (json!({"a": [["x"]]}), "Match value must be String, number, true, false, or null"),
        (json!({"a": [{}]}), "Match expression name not found"),
        (json!({"a": [{"prefix": "x", "suffix": "y"}]}), "Only one key allowed in match expression"),
        (json!({"a": [{"regex": "x"}]}), "Unrecognized match type regex"),
        (json!({"a": [{"prefix": 1}]}), "prefix match pattern must be a string"),
        (json!({"a": [{"exists": "yes"}]}), "exists match pattern must be either true or false."),
        (json!({"a": [{"numeric": ">"}]}), "Value of numeric must be an array."),
        (json!({"a": [{"numeric": ["~", 1]}]}), "Unrecognized numeric range operator: ~"),
        (json!({"a": [{"numeric": [">", "1"]}]}), "Value of > must be numeric"),
        (json!({"a": [{"numeric": [">", 1, ">", 2]}]}), "Bad numeric range operator: >"),
        (json!({"a": [{"numeric": [">", 2, "<", 1]}]}), "Bottom must be less than top"),
        (json!({"a": [{"numeric": ["<", 1, ">", 0]}]}), "Too many elements in numeric expression"),
        (json!({"a": [{"numeric": ["=", 6e9]}]}), "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (json!({"a": [{"wildcard": "a**b"}]}), "Consecutive wildcard characters at pos 1"),
        (json!({"a": [{"wildcard": "a\\b"}]}), "Invalid escape character at pos 1"),
        (json!({"a": [{"cidr": "10.0.0.0"}]}), "Malformed CIDR, one '/' required"),
        (
            json!({"a": [{"anything-but": [1, "x"]}]}),
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (json!({"a": [{"anything-but": [null]}]}), "Inside anything but list, start|null|boolean is not supported."),
        (json!({"a": [{"anything-but": {"numeric": ["=", 1]}}]}), "Unsupported anything-but pattern: numeric"),
        (json!({"a": [{"anything-but": {"prefix": [1, "x"]}}]}), "prefix/suffix match pattern must be a string"),
        (json!({"a": [{"anything-but": {"wildcard": 1}}]}), "wildcard match pattern must be a string"),
        (
            json!({"a": [{"anything-but": {"equals-ignore-case": [1]}}]}),
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
        (
            json!({"a": [{"anything-but": {"suffix": {"equals-ignore-case": "x"}}}]}),
            "Value of anything-but must be an array or single string/number value.",
        ),
        (json!({"a": [{"cidr": "xx.1.xx/8"}]}), "Nonstandard IP address: xx.1.xx"),
        (json!({"a": [{"anything-but": {"prefix": ""}}]}), "Null prefix/suffix not allowed"),
        (json!({"$or": [{"a": ["x"]}]}), "There must have at least 2 Objects in $or relationship."),
        (json!({"$or": {"a": ["x"]}}), "It must be an Array followed with $or."),
        (
            json!({"$or": [{"a": ["x"]}, {"prefix": ["y"]}]}),
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ] {
        let error = Pattern::parse(&pattern.to_string()).err().unwrap_or_else(|| panic!("{pattern} was taken"));
        assert_eq!(error.to_string().lines().next(), Some(reason), "{pattern}");
    }
    Pattern::parse("{").expect_err("no JSON");
}

#[test]
fn a_refusal_says_where_the_reader_stood() {
    for (pattern, column, times) in [
        (r#"{"int": 42}"#, 11, 1),
        (r#"{"string": "my-value"}"#, 13, 1),
        (r#"{"resources": []}"#, 17, 1),
        (r#"{"my_key": [{"EXISTS": true}]}"#, 28, 1),
        (r#"{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}"#, 49, 1),
        (r#"{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}"#, 50, 1),
        (r#"{"detail-type": [{"equals-ignore-case": ["x"]}]}"#, 42, 1),
        (r#"{"detail": {"FileName": [{"anything-but": {"prefix": ""}}]}}"#, 56, 1),
        (r#"{"detail": {"state": [{"anything-but": ["stopped", null]}]}}"#, 56, 2),
        (r#"{"detail": {"state": [{"anything-but": {"wildcard": [123, "*/dir/*"]}}]}}"#, 57, 2),
        (r#"{"key":[{"suffix":"value","prefix":"value2"}]}"#, 37, 1),
        (r#"{"key":[{"numeric":["operator"]}]}"#, 32, 1),
        (r#"{"key":[{"numeric":[">",3,"<",1]}]}"#, 33, 1),
        (r#"{"key":[{"numeric":[">",20,"<",30,"<",50]}]}"#, 36, 1),
        (r#"["not", "a", "dict"]"#, 2, 1),
        (r#"{"address": [{"cidr": "10.0.0.0"}]}"#, 0, 0),
    ] {
        let message = Pattern::parse(pattern).expect_err("refused").to_string();
        let place = format!(" at [Source: (String)\"{pattern}\"; line: 1, column: {column}]");
        let told: Vec<&str> = message.lines().skip(1).collect();
        assert_eq!(told, vec![place.as_str(); times], "{message}");
    }
}
