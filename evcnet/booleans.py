"""Words for true and false in English, Dutch, German and French, as people type them and spreadsheets write them."""

_TRUE = ("true", "yes", "1", "waar", "ja", "wahr", "vrai", "oui")
_FALSE = ("false", "no", "0", "onwaar", "nee", "falsch", "nein", "faux", "non")

BOOLEANS = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
"""By the word in small letters."""
