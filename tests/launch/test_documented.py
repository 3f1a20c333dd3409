"""The example of an .env file: it lists every setting that the code reads from the environment."""

import re

from evcnet.var_dir import PROJECT

READ = re.compile(r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\[))\s*["']([A-Z][A-Z_]+)["']""")
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS"}


def test_every_setting_is_in_the_example():
    rooms = ("evcnet", "customers", "tariffs", "chargegroups", "chargepoints", "changes", "devtools")
    sources = [path.read_text() for room in rooms for path in (PROJECT / room).rglob("*.py")]
    read = {name for source in sources for name in READ.findall(source)} - NOT_OURS
    listed = set(re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert {"DATABASE_URL", "SECRET_KEY", "PORT"} <= read
    assert read - listed == set()
