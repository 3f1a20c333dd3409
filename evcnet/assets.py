"""Storage of style sheets, scripts and pictures: the names under which they are served."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Assets(CompressedManifestStaticFilesStorage):
    """By a name that its content gives; before `collectstatic` has given names, as it lies in the source.

    So the first page shows right after `make setup` and `manage.py migrate`.
    """

    def stored_name(self, name: str) -> str:
        result: str = super().stored_name(name) if self.hashed_files else name
        return result
