"""LINE's own OpenAPI files as judge, made strict.

As published, a validator ignores their discriminators: a text message without text passes, and
so does one of type "bogus". `strict` writes them so that each object is checked as what its
`type` says, and properties that the files do not know are refused.

The files lie beside the repository (`../shared/line`). Where they are not, there is no judge:
`has_spec()` says so, and nothing is found wrong.
"""

import copy
import functools
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
FOLDER = Path(__file__).resolve().parents[4] / "shared" / "line"
MISSING = f"LINE's OpenAPI files are not in {FOLDER}"
REF = "#/components/schemas/"
BASE = "__base"


def has_spec() -> bool:
    """Whether the files are here."""
    return (FOLDER / "messaging-api.yml").exists() and (FOLDER / "webhook.yml").exists()


def request_problems(schema: str, body: Any) -> list[str]:
    """What a body of ours has against the schema of this name."""
    return _problems("messaging-api", schema, body)


def webhook_problems(body: Json) -> list[str]:
    """What a webhook has against LINE's file; of unknown kinds only the common part."""
    found = _problems("webhook", "CallbackRequest", {**body, "events": []})
    for number, event in enumerate(body.get("events", [])):
        schema = "Event" if _is_known(event) else f"Event{BASE}"
        found += [f"events[{number}]{text}" for text in _problems("webhook", schema, event)]
    return found


def load() -> None:
    """Read the files now, so that nobody waits for them later."""
    if has_spec():
        for schema in ("ReplyMessageRequest", "PushMessageRequest"):
            _validator("messaging-api", schema)
        _validator("webhook", "Event")


def strict(document: Json) -> Json:
    """The schemas of an OpenAPI document, with each `type` bound to its schema."""
    schemas: dict[str, Any] = copy.deepcopy(document["components"]["schemas"])
    kinds: dict[str, list[str]] = {}
    for name, schema in list(schemas.items()):
        mapping = schema.get("discriminator", {}).get("mapping")
        if mapping:
            schemas[name + BASE] = {k: v for k, v in schema.items() if k != "discriminator"}
            schemas[name] = _choice(schema, mapping)
            for kind, ref in mapping.items():
                kinds.setdefault(ref.removeprefix(REF), []).append(kind)
    bases = {name for name in schemas if name.endswith(BASE)}
    for name, schema in schemas.items():
        for part in schema.get("allOf", []):
            ref = part.get("$ref", "").removeprefix(REF)
            if ref + BASE in bases and name in kinds:
                part["$ref"] = REF + ref + BASE
    for name, values in kinds.items():
        part = {"required": ["type"], "properties": {"type": {"enum": values}}}
        schemas[name].setdefault("allOf", []).append(part)
    parts = {
        p.get("$ref", "").removeprefix(REF) for s in schemas.values() for p in s.get("allOf", [])
    }
    for name, schema in schemas.items():
        has_names = "properties" in schema or "allOf" in schema
        if has_names and name not in parts and not name.endswith(BASE) and "x-choice" not in schema:
            schema["unevaluatedProperties"] = False
    return schemas


def _choice(schema: Json, mapping: dict[str, str]) -> Json:
    key = schema["discriminator"]["propertyName"]
    cases = [
        {"if": {"properties": {key: {"const": kind}}}, "then": {"$ref": ref}}
        for kind, ref in mapping.items()
    ]
    named = {"type": "object", "required": [key], "properties": {key: {"enum": list(mapping)}}}
    return {"x-choice": True, "allOf": [named], "if": named, "then": {"allOf": cases}}


@functools.cache
def _schemas(file: str) -> Json:
    text = (FOLDER / f"{file}.yml").read_text()
    # A foreign file of 6,000 lines: our own loader takes seconds and has other rules.
    return strict(yaml.load(text, yaml.CSafeLoader))  # noqa: TID251


@functools.cache
def _validator(file: str, schema: str) -> Any:
    import jsonschema_rs  # noqa: PLC0415 (only for tests; the simulator does without)

    root = {"$ref": REF + schema, "components": {"schemas": _schemas(file)}}
    return jsonschema_rs.Draft202012Validator(root)


def _problems(file: str, schema: str, body: Any) -> list[str]:
    if not has_spec():
        return []
    errors = _validator(file, schema).iter_errors(body)
    return [f"{_place(error.instance_path)}: {error.message}" for error in errors]


def _place(path: list[Any]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _is_known(event: Json) -> bool:
    if not has_spec():
        return False
    kinds = _schemas("webhook")["Event"]["if"]["properties"]["type"]["enum"]
    contents = _schemas("webhook")["MessageContent"]["if"]["properties"]["type"]["enum"]
    if event.get("type") == "message" and event.get("message", {}).get("type") not in contents:
        return False
    return event.get("type") in kinds
