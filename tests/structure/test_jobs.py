"""Jobs: none is lost by an error that passes."""

from procrastinate.contrib.django import app


def test_a_job_that_fails_is_tried_again_or_comes_again_by_itself():
    app.perform_import_paths()
    periodic = {task for task, _ in app.periodic_registry.periodic_tasks}
    ours = {name: task for name, task in app.tasks.items() if "builtin" not in name}
    assert {"mail_announcement", "mail_way_back", "keep_months_of_decisions"} <= set(ours)
    assert [name for name, task in ours.items() if name not in periodic and task.retry_strategy is None] == []
