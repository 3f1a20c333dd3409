"""The demo: real charge points and tariffs, and people who are made up."""
