"""The pages in a real browser: what a reader sees and can do, and that nothing is loaded from or sent elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, expect, sync_playwright

from tests.server.live import Live

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH (Debian: apt-get install chromium)")

QUERY = "SELECT ?label { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?label } ORDER BY ?label LIMIT 5"
HOSTILE = "SELECT ('<img src=x onerror=alert(1)><script>alert(2)</script>' AS ?x) {}"
PATHS = [
    "/", "/page/P9001", "/page/P9002", "/page/E9002", "/page/O9002", "/browse/Person", "/browse/Event",
    "/search?q=Alfa", "/sources", "/sources/invented", "/ontology", "/ontology/Detention", "/shapes", "/docs/errors",
    "/sparql", f"/sparql?{urlencode({'query': QUERY})}", f"/sparql?{urlencode({'query': HOSTILE})}",
    "/sparql?query=SELECT", "/page/P0000", f"/search?{urlencode({'q': '<script>alert(3)</script>'})}",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


class Visit:
    """A tab of its own that notes everything a reader should never meet."""

    def __init__(self, browser: Browser, live: Live, size: dict[str, int]) -> None:
        self.live = live
        self.wrong: list[str] = []
        self._context = browser.new_context(viewport={"width": size["width"], "height": size["height"]})
        self.page = self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script failed: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", self._check_host)
        self.page.on("response", self._check_status)
        self.page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url}"))

    def _hear(self, message: ConsoleMessage) -> None:
        # What Chromium says of a bad status is told better by _check_status.
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            self.wrong.append(message.text)

    def _dismiss(self, dialog: Dialog) -> None:
        self.wrong.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def _check_host(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.live.url).netloc:
            self.wrong.append(f"asked {request.url}")

    def _check_status(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.wrong.append(f"{response.status} for {response.url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.live.url + path)
        return self.page

    def close(self) -> None:
        self._context.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, live: Live) -> Iterator[Visit]:
    """A tab of desktop size."""
    made = Visit(browser, live, DESKTOP)
    yield made
    made.close()


@pytest.fixture
def phone(browser: Browser, live: Live) -> Iterator[Visit]:
    """A tab of the size of a small phone."""
    made = Visit(browser, live, PHONE)
    yield made
    made.close()


def test_an_entity_page_names_it_and_shows_every_printed_form(visit: Visit) -> None:
    page = visit.open("/page/P9001")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alfa Anchor")
    expect(page).to_have_title(re.compile("Alfa Anchor"))
    names = page.locator("section", has=page.get_by_role("heading", name="Names", exact=True))
    for form in ("Alfa Anchor", "Alfa Ancor"):
        expect(names.get_by_text(form, exact=True)).to_be_visible()
    expect(page.get_by_text("Альфа Анкор").first).to_be_visible()


def test_a_fact_opens_to_the_phrase_of_its_passage(visit: Visit) -> None:
    page = visit.open("/page/E9002")
    fact = page.locator(".fact", has_text="24").first
    phrase = fact.get_by_text("was sentenced to two years")
    expect(phrase).to_be_hidden()
    fact.locator("summary").first.click()
    expect(phrase).to_be_visible()
    expect(fact.get_by_text("Observers")).to_be_visible()


def test_a_fact_opens_by_keyboard_too(visit: Visit) -> None:
    page = visit.open("/page/E9002")
    fact = page.locator(".fact", has_text="24").first
    fact.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(fact.get_by_text("was sentenced to two years")).to_be_visible()


def test_conflicting_values_stand_side_by_side(visit: Visit) -> None:
    page = visit.open("/page/E9002")
    for value in ("24", "36"):
        expect(page.get_by_text(value, exact=True).first).to_be_visible()


def test_the_way_from_the_home_page_to_a_passage(visit: Visit) -> None:
    page = visit.open("/")
    page.get_by_role("searchbox").first.fill("Анкор")
    page.keyboard.press("Enter")
    page.locator("main").get_by_role("link", name="Alfa Anchor").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alfa Anchor")
    page.locator("summary", has_text="Invented report").first.click()
    page.get_by_role("link", name="the passage in its document").first.click()
    expect(page.locator("main")).to_contain_text("Invented report")
    assert urlsplit(page.url).path == "/sources/invented"
    assert visit.wrong == []


def test_a_query_is_written_run_and_read_in_the_page(visit: Visit) -> None:
    page = visit.open("/sparql")
    page.get_by_label("Query").fill(QUERY)
    page.get_by_role("button", name="Run").click()
    expect(page.locator("main table tbody tr")).to_have_count(5)
    expect(page.get_by_label("Query")).to_have_value(QUERY)
    page.get_by_label("Query").fill("SELECT ?s { ?s ?p }")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_label("Query")).to_have_value("SELECT ?s { ?s ?p }")
    expect(page.locator("main")).to_contain_text(re.compile("line 1", re.IGNORECASE))


@pytest.mark.parametrize("path", PATHS)
def test_no_page_runs_a_script_asks_another_host_or_reports_an_error(visit: Visit, path: str) -> None:
    page = visit.open(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert visit.wrong == []
    assert page.evaluate("document.querySelectorAll('script:not([src]):not([type])').length") == 0


def test_a_hostile_label_is_shown_as_its_letters(visit: Visit) -> None:
    page = visit.open("/page/P9002")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bravo <script>alert(1)</script>")
    assert visit.wrong == []


def test_a_hostile_result_is_shown_as_its_letters(visit: Visit) -> None:
    page = visit.open(f"/sparql?{urlencode({'query': HOSTILE})}")
    expect(page.locator("main table")).to_contain_text("<img src=x onerror=alert(1)>")
    assert visit.wrong == []


@pytest.mark.parametrize("path", PATHS)
def test_on_a_phone_no_page_scrolls_sideways(phone: Visit, path: str) -> None:
    page = phone.open(path)
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
           .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
           .map(node => node.outerHTML.slice(0, 120)).slice(0, 5)"""
    )
    assert wide == []


def test_the_watch_on_a_page_notices_what_should_not_be(visit: Visit) -> None:
    """Without this the tests above could not fail."""
    page = visit.open("/")
    with page.expect_response("**/nowhere.svg"):
        page.evaluate("alert('ran'); console.error('complained'); new Image().src = '/nowhere.svg'")
    page.goto(visit.live.url.replace("127.0.0.1", "localhost"))
    said = " | ".join(visit.wrong)
    for part in ("a script ran: ran", "complained", "404 for", "asked http://localhost"):
        assert part in said
