"""What PyYAML, and Python's own reader of JSON, make of the texts in a JSON list on standard input: a list of ["read", value] and
["refused", why]. Functions are in their long form, scalars in the types of YAML 1.1 without its fractions and timestamps.
"""

import json
import sys

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

RESOLVER = yaml.resolver.Resolver()
CONSTRUCTOR = yaml.constructor.SafeConstructor()
CORE = "tag:yaml.org,2002:"


class NotATemplate(Exception):
    """YAML, but nothing that CloudFormation takes."""


def plain(text):
    tag = RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if tag == CORE + "null":
        return None
    if tag == CORE + "bool":
        return text.lower() in ("yes", "true", "on")
    if tag == CORE + "int":
        number = CONSTRUCTOR.construct_yaml_int(yaml.ScalarNode(tag, text))
        if -(2**63) <= number < 2**63:
            return number
    return text


def whole(text):
    return int(text) if -(2**63) <= int(text) < 2**63 else text


def spelt(value):
    """The text of a scalar that is a key."""
    if isinstance(value, (dict, list)) or value is None:
        raise NotATemplate("a key that is no text")
    return json.dumps(value) if isinstance(value, (bool, int)) else value


def tagged(tag, value):
    if tag is None or tag == "!" or tag.startswith(CORE):
        return value
    name = tag[1:]
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


def node(event, events):
    if isinstance(event, AliasEvent):
        raise NotATemplate("an alias")
    if isinstance(event, ScalarEvent):
        is_plain = event.tag is None and event.style is None
        return tagged(event.tag, plain(event.value) if is_plain else event.value)
    if isinstance(event, SequenceStartEvent):
        items = []
        while not isinstance(event_of := next(events), SequenceEndEvent):
            items.append(node(event_of, events))
        return tagged(event.tag, items)
    if isinstance(event, MappingStartEvent):
        members = {}
        while not isinstance(event_of := next(events), MappingEndEvent):
            is_spelt = isinstance(event_of, ScalarEvent) and event_of.tag is None
            key = event_of.value if is_spelt else spelt(node(event_of, events))
            members[key] = node(next(events), events)
        return tagged(event.tag, members)
    raise NotATemplate("no node")


def read(text):
    if text.lstrip("\ufeff \n\r\t").startswith("{"):
        try:
            return ["read", json.loads(text.lstrip("\ufeff"), parse_float=str, parse_int=whole)]
        except ValueError:
            pass
    found = []
    try:
        events = iter(list(yaml.parse(text)))
        for event in events:
            if isinstance(event, (AliasEvent, ScalarEvent, SequenceStartEvent, MappingStartEvent)):
                found.append(node(event, events))
    except yaml.YAMLError as error:
        return ["refused", str(error)]
    except (NotATemplate, RecursionError) as error:
        return ["no template", str(error)]
    return ["read", found[0]] if len(found) == 1 else ["no template", f"{len(found)} documents"]


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
