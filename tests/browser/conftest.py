"""The demo site in a sub-folder of another, opened in Chromium from the file system."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

playwright_api = pytest.importorskip(
    "playwright.sync_api",
    reason="the browser tests need Playwright: python -m pip install playwright",
    exc_type=ImportError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

DOCS = Path(__file__).resolve().parents[2] / "docs"
FAILING = Path(__file__).resolve().parents[1] / "sites/failing"
UGLY = FAILING.with_name("ugly")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def built(source: Path, folder: Path) -> Path:
    """Build a site into a folder below another site's, and return that."""
    outdir = folder / "other site/data/docs"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-d", str(folder / "doctrees")]
    done = subprocess.run(
        [*command, str(source), str(outdir)],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return outdir


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built demo site."""
    return built(DOCS, tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="session")
def failing_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site of tables that fail."""
    return built(FAILING, tmp_path_factory.mktemp("failing"))


@pytest.fixture(scope="session")
def ugly_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site of tables with ugly names."""
    return built(UGLY, tmp_path_factory.mktemp("ugly"))


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Return a running Chromium."""
    with playwright_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield found
        found.close()


class Visit:
    """A page, what it asked for, and what it complained of."""

    def __init__(self, context: BrowserContext, site: Path) -> None:
        self.site = site
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page: Page = context.new_page()
        context.on("request", self._note_request)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, docname: str) -> Page:
        """Open a page of the site."""
        path, _, rest = docname.partition("?")
        self.page.goto((self.site / f"{path}.html").as_uri() + (f"?{rest}" if rest else ""))
        return self.page

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


def visited(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Visit]:
    """Yield a visit with the context options of the test's parameter; nothing may be asked for outside the site."""
    context = browser.new_context(**getattr(request, "param", {}))
    found = Visit(context, site)
    yield found
    context.close()
    outside = [url for url in found.requests if not url.startswith((site.as_uri(), "data:"))]
    assert outside == []


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Visit]:
    """Return a visit to the demo site."""
    yield from visited(request, browser, site)


@pytest.fixture
def visit_failing(request: pytest.FixtureRequest, browser: Browser, failing_site: Path) -> Iterator[Visit]:
    """Return a visit to the site of tables that fail."""
    yield from visited(request, browser, failing_site)


@pytest.fixture
def visit_ugly(request: pytest.FixtureRequest, browser: Browser, ugly_site: Path) -> Iterator[Visit]:
    """Return a visit to the site of tables with ugly names."""
    yield from visited(request, browser, ugly_site)
