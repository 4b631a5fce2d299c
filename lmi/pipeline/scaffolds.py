"""The text of new declarations, with a mark wherever a person must decide.

Owns: the wording of scaffolds. Never: writes a file, decides what stands at a mark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from lmi.registry import UNFILLED

_DEPARTMENTS = {"ons": "ONS", "dfe": "DfE", "dwp": "DWP"}
_PARSERS = {
    "delimited": 'parser = "delimited"\noptions = {{ values = [{values}] }}',
    "parquet": 'parser = "parquet"\noptions = {{ values = [{values}] }}',
    "workbook": 'parser = "workbook_tables"  # {mark} or another of lmi/sources/parsers, and its options below\noptions = {{}}',
    "json": 'parser = "statxplore"  # {mark} or another of lmi/sources/parsers\noptions = {{}}',
}


def area_toml(
    name: str,
    code: str,
    same_as: Sequence[str],
    members: Sequence[str],
    comparators: Sequence[str],
    names: Mapping[str, str],
    sectors: Sequence[str],
) -> str:
    """Return an area's declaration; only its sectors are left to decide. `names` names codes, for comments."""
    lines = [
        f"name = {_text(name)}",
        f"code = {_text(code)}  # the code under which every mart shows the area",
        f"same_as = {_list(same_as)}  # codes that look-ups give the same districts",
        "members = [",
        *(f"  {_text(member)},  # {names.get(member, member)}" for member in members),
        "]",
        f"comparators = {_list(comparators)}  # {', '.join(names.get(c, c) for c in comparators)}",
        "",
        "# Priority sectors, one block each, or none. Industries are known of these:",
        *(f"#   {sector}" for sector in sectors),
        "[[sectors]]",
        f'id = "sector"  # {UNFILLED} lower case with underscores',
        f'title = "{UNFILLED} as the area names it"',
        f'members_from = "{UNFILLED} one of the names above"',
        f'definition = "proxy"  # {UNFILLED} published where an official list of industries exists, else proxy',
    ]
    return "\n".join(lines) + "\n"


def source_toml(source_id: str, form: str, header: Sequence[str], sheets: Sequence[str]) -> str:
    """Return a source's declaration for a file of this format, its header or sheets as marks to know it by."""
    department, _, name = source_id.partition("/")
    parser = _PARSERS[form].format(values=f'"{UNFILLED} the columns that hold figures"', mark=UNFILLED)
    known_by = f"header = {_list(header)}" if header else f"sheets = {_list(sheets)}" if sheets else ""
    return f"""# {UNFILLED} one line: what a row of the file is. docs/adding-a-dataset.md has an example that runs.
title = "{UNFILLED} the publisher's title"
publisher = "{UNFILLED} who publishes it"
department = "{_DEPARTMENTS[department]}"
licence = "OGL-3.0"  # {UNFILLED} as the publisher states it
attribution = "{UNFILLED} the words that a quotation must carry"
url = ""  # {UNFILLED} where it is published, or empty
notice = ""  # {UNFILLED} what the publisher asks of those who quote it, or empty
releases = ["irregular"]  # {UNFILLED} months of release, or monthly, or irregular

[indicators.{name}]
title = "{UNFILLED} what is measured"
unit = "{UNFILLED} people, jobs, per cent"
basis = "residence"  # {UNFILLED} workplace, residence, learner_home, delivery or national
kind = "stock"  # {UNFILLED} stock, flow or rate
[indicators.{name}.views]
total = {{}}

[layouts.table]
{parser}
# {UNFILLED} where the file says which edition it is, as in: vintage = {{ column = "released", date_format = "%Y-%m-%d" }}

[layouts.table.recognise]  # {UNFILLED} keep the marks that this file has and no other
format = "{form}"
{known_by}

[[layouts.table.measures]]
indicator = "{name}"

[layouts.table.period]
label = "{UNFILLED} the column that holds the period"
form = "calendar_year"  # {UNFILLED} or another form of lmi/registry/model.py

[layouts.table.dimensions.area]
label = "{UNFILLED} the column that holds the area"
rules = [{{ by = "code", scheme = "area" }}]  # {UNFILLED} by code, or by name

# {UNFILLED} other dimensions, and [[layouts.table.ignore]] for cells that are no figure, each with its reason

[layouts.table.symbols]  # {UNFILLED} the publisher's signs, as in: "c" = "suppressed"
"""


def expectations_json(source_id: str) -> str:
    """Return the expectations that hold of most sources, their reasons left to whoever knows the figures."""
    rules = [
        ("figure.stands_once", "stands_once", "quarantine", "why a second row would be a copy and not another figure"),
        (
            "districts.are_all_there",
            "members_are_present",
            "stop",
            "why every district must have a row, or delete this",
        ),
    ]
    body = {
        "name": f"{UNFILLED} the source in a few words",
        "meta": {"source": source_id, "why": f"{UNFILLED} what is peculiar to these figures: rounding, suppression"},
        "expectations": [
            {
                "type": "unexpected_rows_expectation",
                "kwargs": {"idiom": idiom},
                "severity": "critical",
                "meta": {"rule": rule, "reason": f"{UNFILLED} {reason}", "action": action},
            }
            for rule, idiom, action, reason in rules
        ],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"
