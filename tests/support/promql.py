"""Whether a PromQL expression can be parsed, and names only metrics, labels and values that there are."""

import re
from collections.abc import Iterator
from typing import Any

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

SCRAPED = {"instance", "job"}  # labels that Prometheus adds
_VARIABLES = {"$__rate_interval": "5m", "$__interval": "1m"}

Known = dict[str, dict[str, set[str]]]  # name -> label -> values


def known_of(exposition: str) -> Known:
    """What an exposition holds."""
    found: Known = {}
    for metric in text_string_to_metric_families(exposition):
        for sample in metric.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def filled_in(expression: str) -> str:
    """The expression with Grafana's variables replaced."""
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    return re.sub(r"\$[a-z]+", ".*", expression)


def faults(expression: str, known: Known) -> list[str]:
    """What is wrong with it; Grafana's variables stand for anything."""
    try:
        tree = promql.parse(filled_in(expression))
    except ValueError as error:
        return [f"{expression}: {error}"]
    nodes = _nodes(tree)
    found: list[str] = []
    labels = set(SCRAPED)
    for selector in (node for node in nodes if isinstance(node, promql.VectorSelector)):
        found += _selector_faults(selector, known)
        labels |= set(known.get(selector.name or "", {}))
    for node in nodes:
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            found += [f"no label {name}" for name in node.modifier.labels if name not in labels]
    return [f"{expression}: {fault}" for fault in found]


def labels_of(expression: str) -> set[str]:
    """The labels that its series have; all of its outermost aggregations."""
    tree = promql.parse(filled_in(expression))
    kept: set[str] = set()
    for node in _nodes(tree):
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            kept |= set(node.modifier.labels)
    return kept


def _nodes(tree: Any) -> list[Any]:
    nodes: list[Any] = []
    promql.walk(tree, nodes.append)
    return nodes


def _selector_faults(selector: Any, known: Known) -> Iterator[str]:
    labels = known.get(selector.name)
    if labels is None:
        yield f"no metric {selector.name}"
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in labels:
            if matcher.name not in SCRAPED:
                yield f"{selector.name} has no label {matcher.name}"
        elif matcher.op in (promql.MatchOp.Equal, promql.MatchOp.Re):
            wanted = set(matcher.value.split("|")) - {".*"}
            for value in wanted - labels[matcher.name]:
                yield f"{selector.name} has no {matcher.name} {value}"
