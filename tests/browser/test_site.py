"""The demo site in a browser, over file://: search, narrow screens, tabs, copying, filters and contrast."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = pytest.mark.browser

SEARCHES = {
    "flights": "catalog/flights.html#table-flights",
    "delays by carrier": "catalog/delays_by_carrier.html#table-delays_by_carrier",
    "wind_gust": "catalog/weather.html#column-weather.wind_gust",
    "planes manufacturer": "catalog/planes.html#column-planes.manufacturer",
    "offset daylight": "catalog/airports.html",
}
# The summaries of hits are fetched, which a browser refuses over file://.
FETCH = re.compile(r"^(Access to fetch at 'file:.* blocked|Failed to load resource: net::ERR_FAILED|Failed to fetch$)")
PAGES = (
    *("catalog/index", "catalog/flights", "catalog/weather", "catalog/delays_by_carrier", "catalog/cancellations"),
    *("index", "how-to/prose"),
)


@pytest.mark.parametrize(("query", "expected"), SEARCHES.items())
def test_search_leads_to_the_place(visit: Visit, query: str, expected: str) -> None:
    """A query typed into the sidebar finds the table first, and its link leads to the page and the place on it."""
    page = visit.open("catalog/index")
    field = page.locator("input.sidebar-search")
    field.fill(query)
    field.press("Enter")
    hit = page.locator("ul.search li a").first
    hit.click()
    path, _, anchor = expected.partition("#")
    page.wait_for_url(re.compile(rf"/data/docs/{re.escape(path)}(\?|#|$)"))
    url = urlsplit(page.url)
    assert url.fragment == anchor
    assert [e for e in visit.errors if not FETCH.search(e)] == []
    if anchor:
        place = page.locator(f"[id='{anchor}']")
        assert place.count() == 1
        # The browser scrolls to it once styles are there.
        page.wait_for_function(
            "(id) => { const box = document.getElementById(id).getBoundingClientRect();"
            " return box.top >= -1 && box.top < innerHeight; }",
            arg=anchor,
            timeout=5000,
        )


@pytest.mark.parametrize("docname", PAGES)
def test_page_is_quiet(visit: Visit, docname: str) -> None:
    """A page loads without an error, a warning or a request that leaves the site."""
    visit.open(docname)
    assert visit.errors == []
    assert visit.requests


NARROW = {"viewport": {"width": 375, "height": 800}}


@pytest.mark.parametrize("visit", [NARROW], indirect=True, ids=["375px"])
@pytest.mark.parametrize("docname", PAGES)
def test_narrow_screen(visit: Visit, docname: str) -> None:
    """At 375 pixels nothing makes the page wider than the screen."""
    page = visit.open(docname)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    if docname == "catalog/flights":
        cells = page.locator("table.lc-columns tbody td.lc-name code")
        assert cells.first.is_visible()
        box = page.locator("td.lc-text").first.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 375


PLAIN = {"java_script_enabled": False}


@pytest.mark.parametrize("visit", [PLAIN], indirect=True, ids=["without JavaScript"])
def test_tabs_need_no_script(visit: Visit) -> None:
    """Without JavaScript the first tab shows, another one shows when its label is clicked, and only that one."""
    page = visit.open("catalog/flights")
    contents = page.locator(".lc-snippets > .sd-tab-content")
    shown = lambda: [contents.nth(i).is_visible() for i in range(contents.count())]  # noqa: E731
    assert shown() == [True, False, False]
    page.locator(".lc-snippets > label", has_text="SQL").click()
    assert shown() == [False, True, False]
    page.locator(".lc-snippets > label", has_text="Command line").click()
    assert shown() == [False, False, True]


@pytest.mark.parametrize("visit", [PLAIN], indirect=True, ids=["without JavaScript"])
def test_lists_are_whole_without_script(visit: Visit) -> None:
    """Without JavaScript the index shows every table, and no filter that would do nothing."""
    page = visit.open("catalog/index")
    assert page.locator("#owners a.lc-table").count() == 8
    assert all(link.is_visible() for link in page.locator("#owners a.lc-table").all())
    assert not page.locator("input.lc-filter").is_visible()


@pytest.mark.parametrize("label", ["Polars", "SQL", "Command line"])
def test_copy_button(visit: Visit, label: str) -> None:
    """The button is there to be seen, and copies the code with the imports above it."""
    page = visit.page
    page.add_init_script(
        "window.copied = [];"
        "Object.defineProperty(navigator, 'clipboard', "
        "{value: {writeText: (text) => { window.copied.push(text); return Promise.resolve(); }}});"
        "document.addEventListener('copy', (event) => "
        "{ window.copied.push(document.getSelection().toString() || document.activeElement.value); });"
    )
    visit.open("catalog/flights")
    page.locator(".lc-snippets > label", has_text=label).click()
    content = page.locator(".lc-snippets > .sd-tab-content:visible")
    parts = [pre.text_content() or "" for pre in content.locator("pre").all()]
    assert content.locator("pre:visible").count() == 1, "imports are folded"
    assert not content.locator("button.copybtn:visible").count()
    code, button = content.locator("pre:visible").bounding_box(), content.locator("button.lc-copy").bounding_box()
    assert code
    assert button
    assert code["x"] + code["width"] <= button["x"], "a long line would run below the button"
    content.get_by_role("button", name="Copy").click()
    page.wait_for_function("window.copied.length")
    assert page.evaluate("window.copied") == ["\n\n".join(part.strip() for part in parts)]
    assert content.get_by_role("button", name="Copied").is_visible()


def test_filter_of_the_index(visit: Visit) -> None:
    """Typing filters the list at once, hides empty groups, and is kept in the URL, from which it comes back."""
    page = visit.open("catalog/index")
    field = page.locator("input.lc-filter")
    names = page.locator("#owners a.lc-table:visible")
    field.fill("weather")
    assert "weather" in names.all_inner_texts()
    assert "planes" not in names.all_inner_texts()
    assert not page.locator("[id='owner-reference-data']").is_visible()
    assert parse_qs(urlsplit(page.url).query) == {"filter": ["weather"]}
    page.reload()
    assert field.input_value() == "weather"
    assert "planes" not in names.all_inner_texts()
    field.fill("lookup fleet")
    assert names.all_inner_texts() == ["planes"]
    field.fill("")
    assert names.count() == 8
    assert urlsplit(page.url).query == ""
    visit.open("catalog/index?filter=hourly")
    assert names.all_inner_texts() == ["weather"]
    assert visit.errors == []


def test_links_inside_the_site(visit: Visit) -> None:
    """From the first page to a table, to its owner and back, all in the sub-folder."""
    page = visit.open("index")
    page.locator("article a", has_text="catalog").first.click()
    page.locator("#owners a.lc-table", has_text="flights").first.click()
    page.wait_for_url("**/catalog/flights.html")
    assert page.locator("h1").inner_text().startswith("flights")
    page.locator("a.lc-owner").click()
    page.wait_for_url(re.compile(r"/data/docs/catalog/index\.html#owner-flight-operations$"))
    assert page.locator("[id='owner-flight-operations'] a.lc-table").all_inner_texts() == ["flights"]


# Of each text in an element of ours: its colour, the colours behind it from the nearest, its size and weight.
TEXTS = """
() => {
  const found = [];
  const ours = "[class*='lc-'], [class*='lc-'] *, .lakecat-page > p, .lakecat-page h2";
  for (const element of document.querySelectorAll(ours)) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility({checkVisibilityCSS: true, checkOpacity: true})) continue;
    const style = getComputedStyle(element);
    const behind = [];
    for (let e = element; e; e = e.parentElement) behind.push(getComputedStyle(e).backgroundColor);
    found.push({
      text: element.textContent.trim().slice(0, 30), name: element.className || element.tagName,
      color: style.color, behind, size: parseFloat(style.fontSize), weight: parseInt(style.fontWeight),
    });
  }
  return found;
}
"""
Colour = tuple[float, float, float, float]


def parsed(text: str) -> Colour:
    """Return a colour as a browser computes it: red, green, blue from 0 to 255, and opacity."""
    numbers = [float(n) for n in re.findall(r"[\d.]+", text)]
    scale = 255.0 if text.startswith("color(srgb") else 1.0
    red, green, blue = (n * scale for n in numbers[:3])
    return red, green, blue, numbers[3] if len(numbers) > 3 else 1.0


def over(top: Colour, below: Colour) -> Colour:
    """Return a colour laid over an opaque one."""
    red, green, blue = (t * top[3] + b * (1 - top[3]) for t, b in zip(top[:3], below[:3], strict=True))
    return red, green, blue, 1.0


def luminance(colour: Colour) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [c / 255 for c in colour[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: dict[str, Any]) -> float:
    """Return the contrast ratio of a text and what is behind it (WCAG 2.2)."""
    back: Colour = (255.0, 255.0, 255.0, 1.0)
    for layer in reversed(text["behind"]):
        back = over(parsed(layer), back)
    light, dark = sorted((luminance(over(parsed(text["color"]), back)), luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("visit", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=str)
@pytest.mark.parametrize("docname", ["catalog/index", "catalog/flights", "catalog/cancellations"])
def test_contrast(visit: Visit, docname: str) -> None:
    """Every text of ours has AA contrast with what is behind it, light and dark: 4.5, or 3 for large text."""
    page = visit.open(docname)
    texts = page.evaluate(TEXTS)
    assert len(texts) > 20
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    back = luminance(parsed(page.evaluate("getComputedStyle(document.body).backgroundColor")))
    assert (back < 0.2) == dark
    low = {
        f"{text['name']}: {text['text']!r} {contrast(text):.2f}"
        for text in texts
        if contrast(text) < (3 if text["size"] >= 24 or (text["size"] >= 18.66 and text["weight"] >= 700) else 4.5)
    }
    assert low == set()


def test_keyboard(visit: Visit) -> None:
    """The wide table's box can be focused and scrolled, and a column's permalink shows on focus."""
    page = visit.open("catalog/flights")
    box = page.locator(".lc-scroll").first
    box.focus()
    assert box.evaluate("(e) => e === document.activeElement")
    link = page.locator("table.lc-columns .headerlink").first
    link.focus()
    page.wait_for_function("(e) => getComputedStyle(e).opacity === '1'", arg=link.element_handle())
