"""Jobs of each role: docs/roles.md and the walks of tests/browser name the same ones, in the same order."""

import importlib

import pytest

from customers.permissions import PERMISSIONS, VIEW, Role
from tests.browser.walking import Jobs, jobs_on_paper
from tests.structure.source import ROOT

ROLES = [*(role.label.capitalize() for role in Role), "Platform operator"]


def walked() -> dict[str, Jobs]:
    """What the tests walk, by role."""
    files = sorted((ROOT / "tests" / "browser").glob("test_jobs_of_*.py"))
    modules = [importlib.import_module(f"tests.browser.{file.stem}") for file in files]
    return {module.job.role: module.job for module in modules}


def test_every_role_has_its_jobs_on_paper_and_no_other_has():
    assert sorted(jobs_on_paper()) == sorted(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_ten_jobs_of_a_role_are_on_paper_and_all_are_walked(role):
    on_paper = [job.name for job in jobs_on_paper()[role]]
    assert len(on_paper) == len(set(on_paper)) == 10
    assert list(walked()[role].functions) == on_paper


@pytest.mark.parametrize("role", ROLES)
def test_a_job_is_one_sentence_with_a_click_path(role):
    for job in jobs_on_paper()[role]:
        assert job.sentence[0].isupper() and job.sentence.endswith("."), job
        assert job.sentence.count(". ") == 0, job
        assert job.path, job


def test_the_paper_names_the_file_that_walks_each_role():
    paper = (ROOT / "docs" / "roles.md").read_text()
    for role in ROLES:
        file = f"tests/browser/test_jobs_of_{role.lower().replace('platform ', '').replace(' ', '_')}.py"
        section = paper.split(f"## {role}\n")[1].split("\n## ")[0]
        assert f"`{file}`" in section and (ROOT / file).exists(), role


def test_who_only_reads_has_no_job_that_writes():
    assert set(PERMISSIONS[Role.READ_ONLY].values()) == {VIEW}
    buttons = {label for job in jobs_on_paper()["Read only"] for label in job.path}
    assert not {label for label in buttons if label.split()[0] in ("Add", "Save", "Delete", "Apply", "Import", "Block")}
