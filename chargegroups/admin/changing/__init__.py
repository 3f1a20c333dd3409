"""The pages of a change: what is asked, the preview, the confirmation, the record."""
