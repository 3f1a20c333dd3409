"""Import and export of rows as CSV or XLSX files, on django-import-export.

A kind of file is a ``BulkResource`` in the resources of the app that owns the model. Pages and commands call the same
``import_data`` and ``export_rows``.
"""
