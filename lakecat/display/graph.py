"""A graph as SVG: nodes in columns from left to right, drawn here so that no script and no program is needed."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from lakecat.plaintext import plain_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakecat.blocks import Graph, Node, Ref

_HEIGHT, _GAP, _BETWEEN, _MARGIN = 30, 10, 56, 2
"""Of a node, between two below each other, between two columns, and around all; in pixels."""
_LETTER, _PADDING, _LONGEST = 7.4, 24, 32
"""The width of a letter, what a node is wider than its name, and the letters that are shown of a name."""


class _Box(NamedTuple):
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + _HEIGHT / 2


def svg(graph: Graph, uri: Callable[[Ref], str | None]) -> str:
    """Return the drawing of a graph. Its nodes are links, and its lines say in a title what they stand for.

    Args:
        graph: The graph.
        uri: Returns where a thing of the catalog is; ``None`` where no page has a place for it.
    """
    boxes, width, height = _placed(graph)
    label = escape(plain_name(graph.label))
    size = f'height="{height:g}" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    out = [f'<svg aria-label="{label}" class="lc-drawing" {size} role="group" xmlns="http://www.w3.org/2000/svg">\n']
    out += [
        f'<path class="lc-line{" lc-dashed" * link.dashed}" d="{_line(boxes[link.source], boxes[link.target])}">'
        f"<title>{escape(plain_name(link.meaning))}</title></path>\n"
        for link in graph.links
    ]
    out += [_node(node, boxes[node.key], uri) for node in graph.nodes]
    return "".join([*out, "</svg>\n"])


def _placed(graph: Graph) -> tuple[dict[str, _Box], float, float]:
    """Return where each node stands, and how large the drawing is: each column in the middle of its height."""
    columns: defaultdict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        columns[node.column].append(node)
    most = max(map(len, columns.values()), default=0)
    height = most * (_HEIGHT + _GAP) - _GAP + 2 * _MARGIN
    boxes: dict[str, _Box] = {}
    x = float(_MARGIN)
    for _, nodes in sorted(columns.items()):
        width = round(max(len(_shown(node)) for node in nodes) * _LETTER + _PADDING)
        y = _MARGIN + (most - len(nodes)) * (_HEIGHT + _GAP) / 2
        for i, node in enumerate(nodes):
            boxes[node.key] = _Box(x, y + i * (_HEIGHT + _GAP), width)
        x += width + _BETWEEN
    return boxes, x - _BETWEEN + _MARGIN, height


def _line(source: _Box, target: _Box) -> str:
    start, end = source.x + source.width, target.x
    bend = (start + end) / 2
    return (
        f"M{start:g} {source.middle:g}C{bend:g} {source.middle:g} {bend:g} {target.middle:g} {end:g} {target.middle:g}"
    )


def _node(node: Node, box: _Box, uri: Callable[[Ref], str | None]) -> str:
    name, shown = plain_name(node.text), _shown(node)
    title = f"<title>{escape(name)}</title>" if shown != name else ""
    drawn = (
        f'<rect height="{_HEIGHT}" rx="4" width="{box.width:g}" x="{box.x:g}" y="{box.y:g}"></rect>'
        f'<text dominant-baseline="central" text-anchor="middle" x="{box.x + box.width / 2:g}" y="{box.middle:g}">'
        f"{escape(shown)}</text>{title}"
    )
    kind = "lc-node" + " lc-this" * node.is_this
    where = None if node.ref is None or node.is_this else uri(node.ref)
    if where is None:
        return f'<g class="{kind}">{drawn}</g>\n'
    return f'<a class="{kind}" href="{escape(where)}">{drawn}</a>\n'


def _shown(node: Node) -> str:
    name = plain_name(node.text)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
