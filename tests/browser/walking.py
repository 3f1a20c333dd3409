"""A walk through the jobs of a role: one sign-in, then job after job, each from the home page by what stands there.

The jobs are those of docs/roles.md, and a walk clicks what their click paths say. It fails on an answer of 400 and
above at whatever a page asks for, and on a page that shows an error after a click.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Locator, Page, Response, expect

from tests.browser import changing

PAPER = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
REFUSALS = "[role=alert], .evc-error, .errornote, .errorlist"
"""Where a page says that something was refused: notes, fields, and messages at its top."""
SHOWN = 4_000
"""So many signs of a page are told where a job ends too early."""


@dataclass(frozen=True)
class PaperJob:
    """A job as docs/roles.md has it; ``path`` are the labels of its click path, in their order."""

    name: str
    sentence: str
    path: tuple[str, ...]


@cache
def jobs_on_paper() -> dict[str, list[PaperJob]]:
    """The jobs of each role, by the heading of its section."""
    roles: dict[str, list[PaperJob]] = {}
    for line in PAPER.read_text().splitlines():
        if line.startswith("## "):
            jobs = roles.setdefault(line.removeprefix("## "), [])
        elif found := re.match(r"\| `([a-z-]+)` \| (.+?) \| (.+?) \|$", line):
            jobs.append(PaperJob(found[1], found[2], tuple(re.findall(r"\*\*(.+?)\*\*", found[3]))))
    return {role: jobs for role, jobs in roles.items() if jobs}


@dataclass
class Walk:
    """Somebody at work in a browser. What is clicked by its label is held against the click path of the job."""

    page: Page
    answers: list[str] = field(default_factory=list)
    clicked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.context.on("response", self._listen)

    def _listen(self, response: Response) -> None:
        if response.status >= 400:
            self.answers.append(f"{response.status} {response.request.method} {response.url}")

    def menu(self, label: str) -> None:
        """Follows an entry of the menu."""
        self._click(label, self.page.locator("#nav-sidebar-apps").get_by_role("link", name=label, exact=True))

    def follow(self, label: str) -> None:
        """Follows a link of the page itself, such as a tab, a button-like link or a button of a list."""
        self._click(label, self._named("link", label).or_(self._with_title(label)))

    def press(self, label: str) -> None:
        """Presses a button that leads to a page."""
        self._click(label, self._named("button", label))

    def open_up(self, label: str) -> None:
        """Clicks what opens something on the same page, such as one more line of a form."""
        self.clicked.append(label)
        self._named("link", label).or_(self._named("button", label)).first.click()

    def open_menu(self, label: str = "Change …") -> None:
        """Opens the menu of an overview page."""
        self.clicked.append(label)
        self.page.locator("details[data-menu] > summary").click()

    def choose(self, words: str) -> None:
        """Follows a link that says what it leads to, among others: no path on paper names it."""
        self._go(self._outside_of_menu(self.page.get_by_role("link", name=re.compile(re.escape(words)))))

    def open_row(self, words: str) -> None:
        """Opens the row of a list in which these words stand."""
        self._go(self.page.get_by_role("row").filter(has_text=words).get_by_role("link"))

    def search(self, words: str) -> None:
        """Types into the search field of a list."""
        self.page.locator("#searchbar").fill(words)
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator("#searchbar").press("Enter")
        self.nothing_refused()

    def fill(self, label: str, value: str) -> None:
        self._field(label).fill(value)

    def select(self, label: str, choice: str) -> None:
        """Chooses in a drop-down, by what stands in it."""
        self._field(label).select_option(choice)

    def tick(self, label: str) -> None:
        self._field(label).check()

    def choose_option(self, field: str, value: str) -> None:
        """The same in a table of forms, whose fields have no labels of their own: by the field's name."""
        self.page.locator(f"select[name$={field}]").first.select_option(value)

    def pick(self, field: str, words: str) -> None:
        """Chooses in a search box of a form: types the words, and takes what is offered first."""
        self.page.locator(f"select[name$={field}] + .select2").first.click()
        self.page.locator(".select2-search__field").last.fill(words)
        self.page.locator(".select2-results__option").filter(has_text=words).first.click()

    def upload(self, name: str, text: str) -> None:
        """Chooses a file with this text for the field of a page that imports."""
        file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
        self.page.set_input_files("input[type=file]", file)  # type: ignore[arg-type]

    def type_name(self) -> None:
        """The name that a big change asks for; nothing where none is asked."""
        changing.type_name(self.page)

    def reads(self, *texts: str | re.Pattern[str]) -> None:
        """Do these stand on the page, to be seen?"""
        for text in texts:
            expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def _field(self, label: str) -> Locator:
        """By its label, after which an asterisk says that it is needed."""
        name = re.compile(rf"^{re.escape(label)}\s*\*?$")
        return self.page.get_by_label(name).locator("visible=true").first

    def _named(self, role: Any, label: str) -> Locator:
        """By its whole name, before which that of an icon may stand; "…" is whatever a label names of a row."""
        words = re.escape(label.removesuffix("…")) + (".*" if label.endswith("…") else "…?")
        name = re.compile(rf"^([a-z_]+ )?{words}$")
        return self._outside_of_menu(self.page.get_by_role(role, name=name))

    def _outside_of_menu(self, found: Locator) -> Locator:
        return found.and_(self.page.locator(":not(#nav-sidebar *)")).locator("visible=true")

    def _with_title(self, label: str) -> Locator:
        """A link that shows a sign alone, and its words when it is pointed at."""
        return self.page.get_by_role("link").and_(self.page.get_by_title(label, exact=True))

    def _click(self, label: str, what: Locator) -> None:
        self.clicked.append(label)
        self._go(what)

    def _go(self, what: Locator) -> None:
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            what.first.click()
        self.nothing_refused()

    def start_at_home(self) -> None:
        """Every job begins there, whatever became of the one before."""
        self.answers.clear()
        self._go(self.page.locator("#nav-sidebar a[href='/']"))
        self.clicked.clear()

    @contextmanager
    def told_where_it_ended(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            page = self.page.locator("#main").last.aria_snapshot()
            error.add_note(f"at {self.page.url}, after {self.clicked}:\n{page[:SHOWN]}")
            raise

    def nothing_refused(self) -> None:
        refusals = [each for each in self.page.locator(REFUSALS).locator("visible=true").all_inner_texts() if each]
        assert not refusals, f"{self.page.url} refuses: {refusals}"
        assert not self.answers, self.answers


def downloaded(walk: Walk, label: str) -> list[str]:
    """The lines of the file that this button downloads."""
    walk.clicked.append(label)
    with walk.page.expect_download() as download:
        walk.page.get_by_role("button", name=label).click()
    return download.value.path().read_text(encoding="utf-8-sig").splitlines()


Job = Callable[[Walk, SimpleNamespace], None]


@dataclass
class Jobs:
    """The jobs of a role, in the order of docs/roles.md: functions under the names that the paper gives them."""

    role: str
    functions: dict[str, Job] = field(default_factory=dict)

    def __call__(self, function: Job) -> Job:
        self.functions[function.__name__.replace("_", "-")] = function
        return function

    def walk_all(self, subtests: Any, portal: Any, world: SimpleNamespace, login: Any) -> None:
        """Signs in once and does them all; whatever is wrong with any is told by itself."""
        on_paper = {job.name: job for job in jobs_on_paper()[self.role]}
        walk = Walk(portal.sign_in(login))
        for name, function in self.functions.items():
            with subtests.test(job=name), walk.told_where_it_ended():
                walk.start_at_home()
                function(walk, world)
                walk.nothing_refused()
                assert tuple(walk.clicked) == on_paper[name].path, "docs/roles.md has another click path"
