"""The page of checks: what was intended, what was run, what failed and why it matters.

Owns: one HTML page that needs no network, no script and no style sheet beside it. Never: decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lmi.validate.model import CheckResult, ValidationReport

_STATUS = {"failed": "Failed", "error": "Could not run", "not_applicable": "Not applicable", "passed": "Passed"}
_ACTION = {"stop": "stops the source", "quarantine": "rows go to quarantine", "report": "listed only"}
_WHOLE = re.compile(r"(\d)\.0(?![\d])")  # SQL prints a whole number as 7.0
#: Keys shown of a failed check; the receipt holds more.
_SHOWN = 10
_STYLE = """
:root{--ink:#1a1a1a;--soft:#505a5f;--paper:#fff;--line:#b1b4b6;--bad:#942514;--warn:#6b4a00;--good:#00592c;--band:#f3f2f1}
@media (prefers-color-scheme:dark){:root{--ink:#f3f2f1;--soft:#b8bec1;--paper:#16191b;--line:#55606a;--bad:#ff9d8c;
--warn:#ffd479;--good:#7ddba3;--band:#23282b}}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:var(--paper);font:1rem/1.5 system-ui,Arial,sans-serif}
main{max-width:75rem;margin:0 auto;padding:1.5rem}
a{color:inherit}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid #b35900;outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper)}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .6rem}
h2{font-size:1.35rem;margin:2.6rem 0 .3rem;padding-top:1rem;border-top:2px solid var(--line);overflow-wrap:anywhere}
p{max-width:70ch;margin:.3rem 0 .8rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line)}
thead th{border-bottom:2px solid var(--ink)}
.n{text-align:right;white-space:nowrap}
.verdict{min-width:11rem}
tbody th{min-width:9rem;overflow-wrap:anywhere}
tbody td:last-child{min-width:13rem}
.mark{font-weight:700;white-space:nowrap}
.failed.critical,.error{color:var(--bad)}
.failed.warning{color:var(--warn)}
.failed.info,.not_applicable{color:var(--soft)}
.passed{color:var(--good)}
code{font-size:.9em;overflow-wrap:anywhere}
tbody th code,td>code{overflow-wrap:normal}
.sample{background:var(--band);padding:.5rem .8rem;margin:.4rem 0 0;max-width:48rem;overflow-wrap:anywhere}
.sample ul{margin:.2rem 0;padding-left:1.2rem}
summary{cursor:pointer;padding:.3rem 0}
@media print{.skip{display:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""


@dataclass(frozen=True)
class LeftOut:
    """A published file that serves no figure, and the paragraph that says why."""

    name: str
    error: str


@dataclass(frozen=True)
class Refusal:
    """Cells of one file that one rule refused: how many, and the first of them by place and text as published."""

    name: str
    rule: str
    reason: str
    cells: int
    first: tuple[str, ...]


def report_page(
    reports: Sequence[ValidationReport],
    title: str = "Checks of the published figures",
    *,
    left_out: Sequence[LeftOut] = (),
    refusals: Sequence[Refusal] = (),
) -> str:
    """Return an HTML page: files left out, cells refused, then the reports, those in trouble first.

    Every text in it is escaped.
    """
    ordered = sorted(reports, key=lambda r: (_trouble(r), r.source_id, r.about, r.digest))
    sections = "".join(_section(report, f"s{i}") for i, report in enumerate(ordered))
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><a class="skip" href="#main">Skip to the checks</a><main id="main"><h1>{escape(title)}</h1>'
        "<p>Each source has a list of checks that are intended for it. A check that was not run is shown as not run, "
        "never as passed. A failed check stops its source, sends rows to quarantine, or is only listed, as its rule "
        "says.</p>"
        f"{_totals(ordered, left_out, refusals)}{_left_out(left_out)}{_refusals(refusals)}"
        f"{_overview(ordered)}{sections}</main></body></html>\n"
    )


def _totals(reports: Sequence[ValidationReport], left_out: Sequence[LeftOut], refusals: Sequence[Refusal]) -> str:
    """Return the whole page in one sentence, each part a link to where it is told."""
    intended, run = sum(r.intended for r in reports), sum(r.run for r in reports)
    failed = sum(len(r.having("failed")) for r in reports)
    cells = sum(r.cells for r in refusals)
    return (
        f'<p>{run:,} of {intended:,} intended checks were run on <a href="#files">{_counted(len(reports), "file")}</a>, '
        f'{failed:,} failed. <a href="#left-out">{_counted(len(left_out), "file")} left out</a>, '
        f'<a href="#refused">{_counted(cells, "cell")} refused</a>.</p>'
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _overview(reports: Sequence[ValidationReport]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#s{i}">{_breakable(_name(r))}</a></th><td class="n">{r.rows:,}</td>'
        f'<td class="n">{r.intended}</td><td class="n">{r.run}</td><td class="n">{len(r.having("passed"))}</td>'
        f'<td class="n">{len(r.having("failed"))}</td><td class="n">{len(r.having("not_applicable"))}</td>'
        f'<td class="n">{len(r.having("error"))}</td><td class="verdict">{escape(r.verdict)}</td></tr>'
        for i, r in enumerate(reports)
    )
    heads = "".join(
        f'<th scope="col" class="n">{h}</th>'
        for h in ("Rows", "Intended", "Run", "Passed", "Failed", "Not applicable", "Errors")
    )
    return (
        '<h2 id="files">Files checked</h2>'
        '<div class="wide" tabindex="0" role="region" aria-labelledby="overview"><table>'
        f'<caption id="overview">{len(reports)} tables of observations, one line each</caption><thead><tr>'
        f'<th scope="col">Source</th>{heads}<th scope="col" class="verdict">Verdict</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _left_out(files: Sequence[LeftOut]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(f.name)}</code></th><td>{escape(f.error)}</td></tr>' for f in files
    )
    head = '<th scope="col">File</th><th scope="col">Why it serves no figure</th>'
    none = "Every file that was at hand serves figures."
    return _listing("left-out", "Files left out", f"{_counted(len(files), 'file')} left out", head, rows, none)


def _refusals(refusals: Sequence[Refusal]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(r.name)}</code></th><td><code>{_breakable(r.rule)}</code></td>'
        f'<td class="n">{r.cells:,}</td><td>{escape(r.reason)}<div class="sample"><ul>'
        f"{''.join(f'<li>{escape(cell)}</li>' for cell in r.first)}</ul></div></td></tr>"
        for r in refusals
    )
    head = (
        '<th scope="col">File</th><th scope="col">Rule</th><th scope="col" class="n">Cells</th><th scope="col">Why</th>'
    )
    cells = sum(r.cells for r in refusals)
    caption = f"{_counted(cells, 'cell')} refused, the first of each file and rule named"
    none = "No cell was refused."
    return _listing("refused", "Cells refused", caption, head, rows, none)


def _listing(anchor: str, title: str, caption: str, head: str, rows: str, none: str) -> str:
    """Return a section with one table, or the sentence that says there is nothing to list."""
    body = (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        if rows
        else f"<p>{escape(none)}</p>"
    )
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(title)}</h2>{body}</section>'


def _section(report: ValidationReport, anchor: str) -> str:
    note = f" {escape(report.receipt_note.capitalize())}." if report.receipt_note else ""
    text = (
        f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(_name(report))}</h2>'
        f"<p>{escape(report.verdict.capitalize())}: {report.run} of {report.intended} intended checks were run on "
        f"{report.rows:,} rows (content <code>{escape(report.digest[:12])}</code>).{note}</p>"
    )
    loud = [c for c in report.checks if c.status in ("failed", "error")]
    if loud:
        text += _table([*_by_weight(loud)], f"Failed checks of {_name(report)}", samples=True)
    for status, opening in (("not_applicable", "not applicable here"), ("passed", "passed")):
        quiet = [c for c in report.checks if c.status == status]
        if quiet:
            body = _table(quiet, f"{_STATUS[status]} checks of {_name(report)}")
            text += f"<details><summary>{_counted(len(quiet), 'check')} {opening}</summary>{body}</details>"
    return text + "</section>"


def _trouble(report: ValidationReport) -> int:
    if report.having("error") or report.stopping:
        return 0
    return 1 if report.having("failed") else 2


def _name(report: ValidationReport) -> str:
    return f"{report.source_id}, {report.about}" if report.about else report.source_id


def _by_weight(checks: Sequence[CheckResult]) -> list[CheckResult]:
    order = ("error", "critical", "warning", "info")
    return sorted(checks, key=lambda c: order.index("error" if c.status == "error" else c.severity))


def _table(checks: Sequence[CheckResult], caption: str, samples: bool = False) -> str:
    rows = "".join(_row(check, samples) for check in checks)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f'<caption>{escape(caption)}</caption><thead><tr><th scope="col">Check</th><th scope="col">Result</th>'
        '<th scope="col" class="n">Rows</th><th scope="col">Why an expert holds this</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(check: CheckResult, samples: bool) -> str:
    weight = f", {check.severity}" if check.status in ("failed", "error") else ""
    acts = f"<br>{_ACTION[check.action]}" if check.status == "failed" else ""
    count = f"{check.unexpected_count:,}" if check.status == "failed" else ""
    note = f"<br><em>{escape(check.note)}</em>" if check.note else ""
    return (
        f'<tr><th scope="row"><code>{_breakable(check.rule)}</code></th>'
        f'<td><span class="mark {check.status} {check.severity}">{_STATUS[check.status]}</span>{weight}{acts}</td>'
        f'<td class="n">{count}</td><td>{escape(check.reason)}{note}{_sample(check) if samples else ""}</td></tr>'
    )


def _breakable(rule: str) -> str:
    """Let a long rule's name break between its words."""
    return escape(rule).replace("_", "_<wbr>").replace(".", ".<wbr>")


def _sample(check: CheckResult) -> str:
    lines = [_WHOLE.sub(r"\1", str(detail)) for detail in check.details][:_SHOWN]
    keys = ", ".join(str(key) for key in check.sample_keys[:_SHOWN])
    if not lines and not keys:
        return ""
    shown = "".join(f"<li>{escape(line)}</li>" for line in lines)
    listed = f"<ul>{shown}</ul>" if shown else ""
    named = f"<p>Keys of the first rows: <code>{escape(keys)}</code></p>" if keys else ""
    return f'<div class="sample">{listed}{named}</div>'
