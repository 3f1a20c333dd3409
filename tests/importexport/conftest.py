"""The import as a test reads it: ``take("customers", "user_group,number,name", "NORTH,1003,Visser")``."""

import pytest

from tests.importexport.files import csv_of, import_csv


@pytest.fixture
def take(tmp_path):
    """Import lines, or bytes as they are, into GreenGrid unless another provider is named (None: none is named)."""

    def taken(kind, *lines, provider="GRG", **options):
        data = lines[0] if isinstance(lines[0], bytes) else csv_of(*lines)
        return import_csv(kind, data, tmp_path, provider=provider, **options)

    return taken
