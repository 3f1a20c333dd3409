"""The papers of the project: the files and modules that they name are there."""

import re

from tests.structure.source import ROOMS, ROOT

PAPERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = (*ROOMS, "tests", "bench", "docs")


def named(text: str) -> set[str]:
    """Paths and dotted modules between backticks that begin with one of our folders."""
    return {name for name in re.findall(r"`([\w./-]+)`", text) if re.match(rf"({'|'.join(TOP)})[./]\w", name)}


def is_there(name: str) -> bool:
    if "/" in name:
        return (ROOT / name).exists()
    parts = name.split(".")
    # The last one or two may be what a module defines.
    paths = [ROOT.joinpath(*parts[:length]) for length in range(max(1, len(parts) - 2), len(parts) + 1)]
    return any(path.with_suffix(".py").exists() or (path.is_dir() and path.name not in TOP) for path in paths)


def test_what_the_papers_name_is_there():
    settings = {"evcnet.terms_write", "evcnet.erasure", "evcnet.wsgi"}
    missing = {
        f"{paper.relative_to(ROOT)}: {name}"
        for paper in PAPERS
        for name in named(paper.read_text()) - settings
        if not is_there(name)
    }
    assert missing == set()


def test_links_between_papers_lead_somewhere():
    broken = [
        f"{paper.relative_to(ROOT)}: {link}"
        for paper in PAPERS
        for link in re.findall(r"\]\(([^)#:]+)\)", paper.read_text())
        if not (paper.parent / link).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_as_their_files_are():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(re.match(r"# (\d+)\. ", paper.read_text())[1]) for paper in decisions]
    assert numbers == [int(paper.name[:4]) for paper in decisions]
    assert len(set(numbers)) == len(numbers)
