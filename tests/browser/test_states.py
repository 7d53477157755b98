"""What a reader must know of a table, seen in a browser: it is deprecated, it holds personal data, it failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = pytest.mark.browser

SCREENS = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 375, "height": 800}, "color_scheme": "light"},
]
ON_EACH_SCREEN = pytest.mark.parametrize("visit", SCREENS, indirect=True, ids=["light", "dark", "375px"])
FAILING_ON_EACH_SCREEN = pytest.mark.parametrize(
    "visit_failing", SCREENS, indirect=True, ids=["light", "dark", "375px"]
)


def is_on_screen(visit: Visit, selector: str, text: str) -> bool:
    """Return whether an element with a text shows, inside the width of the page."""
    element = visit.page.locator(selector, has_text=text).first
    box = element.bounding_box()
    size = visit.page.viewport_size
    assert size
    return element.is_visible() and box is not None and box["x"] >= 0 and box["x"] + box["width"] <= size["width"]


@ON_EACH_SCREEN
def test_deprecated_table(visit: Visit) -> None:
    """Its page says so in the line of facts and in a warning that names the successor; the index has the badge."""
    page = visit.open("catalog/cancellations")
    assert is_on_screen(visit, ".lc-state .lc-warn", "deprecated")
    assert is_on_screen(visit, ".admonition.warning", "Deprecated. Use daily_departures")
    visit.open("catalog/index")
    row = page.locator("#owners li", has=page.locator("a.lc-table", has_text="cancellations"))
    assert row.locator(".lc-warn").inner_text().lower() == "deprecated"
    assert page.locator("#owners .lc-warn").count() == 1


@ON_EACH_SCREEN
def test_classified_column(visit: Visit) -> None:
    """The class stands beside the column and in the line of facts, and in the place of values that it is the reason."""
    page = visit.open("catalog/planes")
    assert is_on_screen(visit, ".lc-state .lc-badge", "personal")
    assert is_on_screen(visit, "tr[id='column-planes.tailnum'] .lc-badge", "personal")
    assert page.locator("table.lc-columns .lc-badge", has_text="personal").count() == 1
    row = page.locator("#columns tr", has_text="tailnum")
    assert row.locator("td", has_text="hidden (personal)").count() == 1


@FAILING_ON_EACH_SCREEN
@pytest.mark.parametrize(
    ("table", "note"),
    [
        ("raises", "The function that makes this table failed"),
        ("gone", "There were no data at this table"),
        ("no_table", "There was no Delta table at its location"),
    ],
)
def test_failing_table(visit_failing: Visit, table: str, note: str) -> None:
    """Its page has a note in place of what is unknown, and all that was declared."""
    page = visit_failing.open(f"catalog/{table}")
    assert page.locator("h1").inner_text().startswith(table)
    assert is_on_screen(visit_failing, ".admonition.caution", note)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert page.locator("a.lc-owner").count() == 1
    page.locator("a.lc-owner").click()
    page.wait_for_url(re.compile(r"/catalog/index\.html#owner-"), timeout=5000)
    assert page.locator("#owners a.lc-table").count() == 4
    assert visit_failing.errors == []


def test_other_tables_are_whole(visit_failing: Visit) -> None:
    """The table that does not fail has no note."""
    page = visit_failing.open("catalog/whole")
    assert page.locator(".admonition").count() == 0
    assert page.locator("tr[id='column-whole.day']").is_visible()


@pytest.mark.parametrize("visit_ugly", SCREENS, indirect=True, ids=["light", "dark", "375px"])
def test_names_that_nobody_would_choose(visit_ugly: Visit) -> None:
    """A name that does not fit on a line is broken, one that would be markup is text, and no script of it runs."""
    pages = sorted(
        path.relative_to(visit_ugly.site).with_suffix("") for path in visit_ugly.site.rglob("catalog/*.html")
    )
    assert len(pages) == 3
    dialogs: list[str] = []
    visit_ugly.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for docname in pages:
        page = visit_ugly.open(docname.as_posix())
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth"), docname
        assert page.locator("article img, .document img").count() == 0
    assert (dialogs, visit_ugly.errors) == ([], [])
