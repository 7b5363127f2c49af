"""Real Chromium, driven by Playwright: what a page says on its console counts as a fault."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Dialog, Page, ViewportSize, expect, sync_playwright

from tests.support.parts import chromium_program

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDE, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=375, height=780)
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)
TIMEOUT_MS = 20_000  # a condition's: on a busy machine the live view looks every few seconds
expect.set_options(timeout=TIMEOUT_MS)
SERIOUS = ("serious", "critical")


class Visit:
    """A page in a browser of its own.

    page: Playwright's. faults: console errors, exceptions, failed and foreign requests, dialogs.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.faults: list[str] = []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("dialog", self._asked_back)
        page.on("request", lambda request: self._asked(request.url))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))

    def open(self, path: str) -> Page:
        """The page below the dashboard's base, once its scripts have run."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def screenshot(self, name: str) -> None:
        """Kept where DRIFTGATE_TEST_SCREENSHOTS names a folder."""
        folder = os.environ.get("DRIFTGATE_TEST_SCREENSHOTS")
        if folder:
            path = Path(folder)
            path.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=path / f"{name}.png", full_page=True)

    def barriers(self, axe: str) -> list[str]:
        """What axe-core finds serious or worse, a line each."""
        self.page.evaluate(axe)
        found: dict[str, Any] = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]

    def _asked_back(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.faults.append(f"{kind}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:")):
            self.faults.append(f"asked elsewhere: {url}")

    def _failed(self, url: str, why: str) -> None:
        if "ERR_ABORTED" not in why:  # one left the page while it still loaded
            self.faults.append(f"failed: {url} {why}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a screen."""
    program = chromium_program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_QUIET))
        yield browser
        browser.close()


@contextmanager
def visiting(
    browser: Browser, base: str, *, theme: Theme = "light", size: ViewportSize = WIDE
) -> Iterator[Visit]:
    """A page in a profile of its own. base: the dashboard's address, without a slash at its end."""
    context = browser.new_context(color_scheme=theme, viewport=size, timezone_id="Europe/Berlin")
    yield Visit(context.new_page(), base)
    context.close()
