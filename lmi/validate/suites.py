"""Read suites of expectations from JSON, strictly: an error names the file and the key.

Owns: the shape of `expectations/**.json` and which types may be used. Never: runs a check, imports the library.

A suite is `{"name", "meta": {"source", "why"}, "expectations": [...]}`; an expectation is `{"type", "kwargs",
"severity", "meta": {"rule", "reason", "action"}}`, where meta may add `applies` (SQL truth over `{batch}`) and `needs`
(relations beside the observations). An `unexpected_rows_expectation` holds `unexpected_rows_query` (text, or a list of
lines) that returns obs_key and, if it likes, detail; or `idiom` with the parameters of lmi/validate/idioms.py.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from lmi.errors import DeclarationError
from lmi.tables import OBSERVATIONS
from lmi.validate.idioms import IDIOMS
from lmi.validate.model import RELATIONS, Rule, Suite

ROWS = "unexpected_rows_expectation"
#: The types whose evaluation on DuckDB is proved by tests/validate/test_conformance.py, with their arguments.
TYPES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {  # type -> (required, optional) arguments
    "expect_column_values_to_not_be_null": (frozenset({"column"}), frozenset()),
    "expect_column_values_to_be_in_set": (frozenset({"column", "value_set"}), frozenset()),
    "expect_column_values_to_match_regex": (frozenset({"column", "regex"}), frozenset()),
    "expect_column_values_to_be_between": (frozenset({"column"}), frozenset({"min_value", "max_value"})),
    "expect_column_distinct_values_to_be_in_set": (frozenset({"column", "value_set"}), frozenset()),
    "expect_table_row_count_to_be_between": (frozenset(), frozenset({"min_value", "max_value"})),
    ROWS: (frozenset({"unexpected_rows_query"}), frozenset()),
}
COMMON = "common.json"
_ACTIONS = {"critical": ("stop", "quarantine"), "warning": ("quarantine", "report"), "info": ("report",)}
_RULE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
#: Anything in braces but {batch}; doubled braces are text.
_OTHER_BRACES = re.compile(r"\{(?!batch\})|(?<!\{batch)\}")


def load_suite(folder: Path, source_id: str) -> Suite:
    """Return the rules of one source: the contract's, those of `folder`/common.json, then those of its own file.

    A source without a file has the contract's and the common rules. Raises DeclarationError naming file and key.
    """
    rules = list(contract_rules())
    common = folder / COMMON
    if common.is_file():
        rules += _rules(common, _read(common, "*"), "common")
    own = folder / f"{source_id}.json"
    name, why = source_id, "No rules of its own: the contract and the common rules hold."
    if own.is_file():
        body = _read(own, source_id)
        name, why = body["name"], body["meta"]["why"]
        rules += _rules(own, body, "source")
    _refuse_repeats(own if own.is_file() else common, [rule.rule for rule in rules])
    return Suite(source_id, name, why, tuple(rules))


def load_suites(folder: Path) -> dict[str, Suite]:
    """Return the suite of every source that has a file under `folder`, by source id. Raises DeclarationError."""
    paths = [p for p in sorted(folder.glob("*/*.json")) if p.parent.name != "marts"]
    ids = [p.relative_to(folder).with_suffix("").as_posix() for p in paths]
    return {source_id: load_suite(folder, source_id) for source_id in ids}


def contract_rules() -> tuple[Rule, ...]:
    """Return the rules that the contract of observations renders: critical, and they stop the source."""
    made = []
    for entry in OBSERVATIONS.expectations():
        kwargs = {k: v for k, v in entry["kwargs"].items() if v is not None}
        meta = entry["meta"]
        made.append(Rule(meta["rule"], entry["type"], kwargs, entry["severity"], "stop", meta["reason"], "contract"))
    return tuple(made)


def _read(path: Path, source_id: str) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: _no_twice(path, pairs))
    except (OSError, ValueError) as error:
        raise DeclarationError(
            "the suite is not JSON.", place=str(path), found=str(error), do="mend the line."
        ) from error
    _keys(path, "", body, {"name", "meta", "expectations"})
    _keys(path, "meta", body["meta"], {"source", "why"})
    for key, value in (("name", body["name"]), ("meta.why", body["meta"]["why"])):
        _text(path, key, value)
    if body["meta"]["source"] != source_id:
        _refuse(
            path,
            "meta.source",
            "the suite names another source.",
            expected=source_id,
            found=str(body["meta"]["source"]),
        )
    if not isinstance(body["expectations"], list) or not body["expectations"]:
        _refuse(path, "expectations", "the suite expects nothing.", expected="a list of expectations")
    return dict(body)


def _rules(path: Path, body: Mapping[str, Any], origin: str) -> list[Rule]:
    made = [_rule(path, f"expectations[{i}]", entry, origin) for i, entry in enumerate(body["expectations"])]
    _refuse_repeats(path, [rule.rule for rule in made])
    return made


def _rule(path: Path, key: str, entry: Any, origin: Any) -> Rule:
    _keys(path, key, entry, {"type", "kwargs", "severity", "meta"})
    meta = entry["meta"]
    _keys(path, f"{key}.meta", meta, {"rule", "reason", "action"}, {"applies", "needs"})
    for name in ("rule", "reason"):
        _text(path, f"{key}.meta.{name}", meta[name])
    if not _RULE.fullmatch(meta["rule"]):
        _refuse(path, f"{key}.meta.rule", "a rule's id is lower case with dots.", found=meta["rule"])
    _one_of(path, f"{key}.type", entry["type"], TYPES)
    _one_of(path, f"{key}.severity", entry["severity"], _ACTIONS)
    _one_of(path, f"{key}.meta.action", meta["action"], _ACTIONS[entry["severity"]])
    kwargs, applies, needs, at_fault = _asked(path, f"{key}.kwargs", entry["type"], entry["kwargs"])
    if meta["action"] == "quarantine" and not at_fault:
        _refuse(
            path,
            f"{key}.meta.action",
            "this rule cannot say which rows are at fault, so it cannot quarantine.",
            expected=f"stop or report; or a {ROWS} that returns the rows at fault",
        )
    for name in meta.get("needs", []):
        _one_of(path, f"{key}.meta.needs", name, RELATIONS)
    if "applies" in meta:
        _sql(path, f"{key}.meta.applies", meta["applies"])
    return Rule(
        meta["rule"],
        entry["type"],
        kwargs,
        entry["severity"],
        meta["action"],
        meta["reason"],
        origin,
        meta.get("applies", applies),
        tuple(sorted({*needs, *meta.get("needs", [])})),
    )


def _asked(path: Path, key: str, kind: str, kwargs: Any) -> tuple[dict[str, Any], str, tuple[str, ...], bool]:
    """Return the arguments for the library, when the rule applies, what it needs, and whether its rows are at fault."""
    if not isinstance(kwargs, dict):
        _refuse(path, key, "the arguments are not an object.")
    if "idiom" in kwargs:
        return _idiom(path, key, kind, kwargs)
    required, optional = TYPES[kind]
    _keys(path, key, kwargs, set(required), set(optional))
    if "column" in kwargs:
        _one_of(path, f"{key}.column", kwargs["column"], OBSERVATIONS.names)
    if kind != ROWS:
        return dict(kwargs), "", (), False
    query = kwargs["unexpected_rows_query"]
    query = "\n".join(query) if isinstance(query, list) else query
    _sql(path, f"{key}.unexpected_rows_query", query)
    return {"unexpected_rows_query": query}, "", (), True


def _idiom(
    path: Path, key: str, kind: str, kwargs: Mapping[str, Any]
) -> tuple[dict[str, Any], str, tuple[str, ...], bool]:
    if kind != ROWS:
        _refuse(path, key, "an idiom is SQL.", expected=f"type {ROWS}", found=kind)
    _one_of(path, f"{key}.idiom", kwargs["idiom"], IDIOMS)
    idiom = IDIOMS[kwargs["idiom"]]
    params = {k: v for k, v in kwargs.items() if k != "idiom"}
    _keys(path, key, params, set(idiom.required), set(idiom.optional))
    for name, wanted in {**idiom.required, **idiom.optional}.items():
        if name in params:
            _parameter(path, f"{key}.{name}", params[name], wanted)
    for name in [params["dimension"]] if "dimension" in params else params.get("by", []):
        _one_of(path, f"{key}.{'dimension' if 'dimension' in params else 'by'}", name, OBSERVATIONS.names)
    query, applies, needs = idiom.make(params)
    return {"unexpected_rows_query": query}, applies, needs, idiom.rows_at_fault


def _parameter(path: Path, key: str, value: Any, wanted: Any) -> None:
    if isinstance(wanted, frozenset):
        _one_of(path, key, value, wanted)
    elif not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        _refuse(path, key, "the parameter has the wrong type.", found=repr(value))
    elif key.endswith(".rounding") and isinstance(value, list):
        steps = [
            step for step in value if isinstance(step, list) and [type(n) in (int, float) for n in step] == [True] * 2
        ]
        if len(steps) != len(value) or steps != sorted(steps):
            _refuse(path, key, "the steps are not rising pairs.", expected="[[from this size, rounded to this], ...]")


def _sql(path: Path, key: str, text: Any) -> None:
    _text(path, key, text)
    if "{batch}" not in text:
        _refuse(path, key, "the SQL does not read the observations.", expected="{batch} in it")
    if _OTHER_BRACES.search(text.replace("{{", "").replace("}}", "")):
        _refuse(path, key, "a brace stands alone.", expected="{batch}, or braces doubled where they are text")


def _keys(path: Path, key: str, body: Any, required: Collection[str], optional: Collection[str] = ()) -> None:
    if not isinstance(body, dict):
        _refuse(path, key, "this is not an object.")
    known = {*required, *optional}
    for name in body:
        if name not in known:
            _one_of(path, f"{key}.{name}".strip("."), name, known, what="no such key")
    for name in sorted(required):
        if name not in body:
            _refuse(path, f"{key}.{name}".strip("."), "the key is missing.")


def _one_of(path: Path, key: str, value: Any, known: Iterable[str], what: str = "the value is not known") -> None:
    names = sorted(known)
    if value in names:
        return
    near = difflib.get_close_matches(str(value), names, 1)
    hint = f"did you mean {near[0]}?" if near else ""
    _refuse(path, key, f"{what}.", expected=", ".join(names), found=str(value), do=hint)


def _text(path: Path, key: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        _refuse(path, key, "a text is missing.", found=repr(value))


def _no_twice(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _refuse_repeats(path, [name for name, _ in pairs], what="a key stands twice.")
    return dict(pairs)


def _refuse_repeats(path: Path, names: list[str], what: str = "a rule's id stands twice.") -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeclarationError(what, place=str(path), found=", ".join(twice), do="give each its own name.")


def _refuse(path: Path, key: str, what: str, **more: Any) -> None:
    raise DeclarationError(what, place=f"{path}, key {key}", **more)
