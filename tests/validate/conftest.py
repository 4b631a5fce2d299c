"""One import of Great Expectations for the whole session, and rules made in one line."""

from __future__ import annotations

from typing import Any

import pytest

from lmi.validate.idioms import IDIOMS
from lmi.validate.model import Rule, Suite


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: runs Great Expectations, whose import alone costs seconds")


@pytest.fixture(scope="session")
def library() -> Any:
    """Import the library once; a test that asks for it may run checks."""
    import lmi.validate.checks as checks

    return checks


def rule(kind: str, name: str = "a.rule", action: Any = "report", **kwargs: Any) -> Rule:
    """Return a rule of a library type."""
    severity: Any = "critical" if action == "stop" else "warning"
    return Rule(name, kind, kwargs, severity, action, "because", "source")


def rows_rule(query: str, name: str = "a.rule", action: Any = "report", applies: str = "") -> Rule:
    """Return a rule that asks SQL."""
    made = rule("unexpected_rows_expectation", name, action, unexpected_rows_query=query)
    return Rule(made.rule, made.type, made.kwargs, made.severity, action, made.reason, "source", applies)


def idiom_rule(idiom: str, **params: Any) -> Rule:
    """Return a rule made by an idiom."""
    query, applies, needs = IDIOMS[idiom].make(params)
    made = rows_rule(query, idiom)
    return Rule(made.rule, made.type, made.kwargs, "warning", "report", made.reason, "source", applies, needs)


def suite_of(*rules: Rule, source_id: str = "made/up") -> Suite:
    """Return a suite of just these rules."""
    return Suite(source_id, "Made up", "for a test", rules)
