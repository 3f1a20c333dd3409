"""The table of bad files: what is wrong, of which kind, the bytes, and what the answer names: row, column, remedy."""

import io
import zipfile
from dataclasses import dataclass

from tests.importexport.files import csv_of, workbook_of

CUSTOMERS = "user_group,number,name,email"
WITH_CARDS = "user_group,number,name,email,card_uid"
CARDS = "uid,customer,roaming,valid_from,valid_until"
TARIFFS = "code,name,valid_from,energy_per_kwh,flat_fee,vat_percent"
GOOD = "NORTH,1900,Good,good@example.org"


@dataclass(frozen=True)
class Bad:
    what: str
    kind: str
    data: bytes
    row: int
    column: str
    remedy: str
    whole_file: bool = False  # no row can be read: exit status 2


def _workbook_with(part: str, content: bytes) -> bytes:
    """A small workbook of which one part is something else."""
    file, plain = io.BytesIO(), zipfile.ZipFile(io.BytesIO(workbook_of(CUSTOMERS.split(","), GOOD.split(","))))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in plain.namelist():
            changed.writestr(name, content if name == part else plain.read(name))
    return file.getvalue()


def _zip_of(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def _sheet(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def _cells(number: int, *texts: str) -> str:
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{number}">{cells}</row>'


SHEET = "xl/worksheets/sheet1.xml"
HEADER_ROW = _cells(1, *CUSTOMERS.split(","))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{LAUGHS}]><sst><si><t>&l9;</t></si></sst>'.encode()

FILES = [
    Bad("an unknown column", "customers", csv_of(CUSTOMERS + ",colour", GOOD + ",red"), 1, "colour", "use provider, "),
    Bad("a required column missing", "customers", csv_of("user_group,number", "NORTH,1900"), 1, "name", "add it"),
    Bad("a column twice", "customers", csv_of(CUSTOMERS + ",name", GOOD + ",Good"), 1, "name", "delete one"),
    Bad(
        "a column without a name", "customers", csv_of("user_group,,number,name", "NORTH,x,1900,Good"), 1, "", "name it"
    ),
    Bad("tabs between the columns", "customers", csv_of("user_group\tnumber\tname"), 1, "", "semicolons", True),
    Bad(
        "Latin 1 instead of UTF-8",
        "customers",
        csv_of(CUSTOMERS, GOOD, "NORTH,1901,Müller,").decode().encode("latin-1"),
        3,
        "name",
        "CSV UTF-8",
        True,
    ),
    Bad("UTF-16", "customers", csv_of(CUSTOMERS, GOOD).decode().encode("utf-16"), 1, "", "CSV UTF-8", True),
    Bad("nothing", "customers", b"", 1, "", "name the columns", True),
    Bad("spaces alone", "customers", b"  \n \n", 1, "", "name the columns", True),
    Bad("a million empty lines", "customers", csv_of(CUSTOMERS) + b"\n" * 1_000_000, 2, "", "fill at least one", True),
    Bad(
        "a million rows of commas",
        "customers",
        csv_of(CUSTOMERS) + b",,,\n" * 1_000_000,
        2,
        "",
        "fill at least one",
        True,
    ),
    Bad(
        "a quotation mark left open",
        "customers",
        csv_of(CUSTOMERS, GOOD, 'NORTH,1901,"Open'),
        3,
        "",
        "close every",
        True,
    ),
    Bad(
        "a row that is too long",
        "customers",
        csv_of(CUSTOMERS, GOOD, "NORTH,1901,Bakker, M.,m@example.org"),
        3,
        "",
        "quotation marks",
    ),
    Bad(
        "a row that a quotation mark swallowed",
        "customers",
        csv_of(CUSTOMERS, 'NORTH,1900,"Jo,jo@example.org', 'NORTH,1901,Al",al@example.org'),
        2,
        "name",
        "close the quotation mark",
    ),
    Bad(
        "a day that comes first",
        "charge_cards",
        csv_of(CARDS, "NEW,,,,31-12-2027"),
        2,
        "valid_until",
        "write 2027-12-31",
    ),
    Bad("a row that is too short", "customers", csv_of(CUSTOMERS, GOOD, "NORTH,1901"), 3, "", "for each empty cell"),
    Bad("a NUL byte", "customers", csv_of(CUSTOMERS, "NORTH,1900,Go\x00od,"), 2, "name", "delete it"),
    Bad("a huge field", "customers", csv_of(CUSTOMERS, f"NORTH,1900,{'x' * 2_000_000},"), 2, "name", "at most 200"),
    Bad("a huge key", "customers", csv_of(CUSTOMERS, f"NORTH,{'9' * 200_000},Huge,"), 2, "number", "at most 36"),
    Bad("a required cell empty", "customers", csv_of(CUSTOMERS, "NORTH,1900,,"), 2, "name", "required"),
    Bad("one key twice", "customers", csv_of(CUSTOMERS, GOOD, GOOD), 3, "number", "keep one"),
    Bad(
        "another provider's user group",
        "customers",
        csv_of(CUSTOMERS, "FJORD,1900,Spy,"),
        2,
        "user_group",
        "correct the code",
    ),
    Bad(
        "another provider",
        "customers",
        csv_of("provider," + CUSTOMERS, "BLV," + GOOD),
        2,
        "provider",
        "write GRG|one by one",
    ),
    Bad("no e-mail address", "customers", csv_of(CUSTOMERS, "NORTH,1900,Good,good@"), 2, "email", "name@example.org"),
    Bad(
        "a status that there is not",
        "customers",
        csv_of("user_group,number,name,status", "NORTH,1,A,lost"),
        2,
        "status",
        "pending",
    ),
    Bad("one uid twice but for case", "charge_cards", csv_of("uid", "AB", "ab"), 3, "uid", "keep one"),
    Bad(
        "one uid twice but for separators", "charge_cards", csv_of("uid", "04-AB", "04:ab"), 3, "uid", "spelled “04-AB”"
    ),
    Bad(
        "another provider's uid, spelled otherwise",
        "charge_cards",
        csv_of("uid", "04:cc:33"),
        2,
        "uid",
        "cannot be used",
    ),
    Bad(
        "a uid that lost its zeros",
        "charge_cards",
        csv_of("uid", "4AA11"),
        2,
        "uid",
        "the card “04AA11” only by leading",
    ),
    Bad(
        "a uid with zeros too many",
        "charge_cards",
        csv_of("uid", "00:4AA11"),
        2,
        "uid",
        "“04AA11” only by leading zeros",
    ),
    Bad(
        "a uid that is in the file but for zeros", "charge_cards", csv_of("uid", "77", "077"), 3, "uid", "“77” in row 2"
    ),
    Bad("a formula that keeps zeros", "charge_cards", b'uid\n"=""0400"""\n', 2, "uid", "write 0400 alone"),
    Bad(
        "a formula in place of a number",
        "customers",
        csv_of(CUSTOMERS, "NORTH,=1+1,A,"),
        2,
        "number",
        "write its value",
    ),
    Bad("a number that is an error", "customers", csv_of(CUSTOMERS, "NORTH,#N/A,A,"), 2, "number", "paste the result"),
    Bad("a uid that is an error in Dutch", "charge_cards", csv_of("uid", "#VERW!"), 2, "uid", "paste the result"),
    Bad(
        "a row of totals", "customers", csv_of(CUSTOMERS, GOOD, ",,Total: 1,"), 3, "number", "row of totals or remarks"
    ),
    Bad("the mark of text before a uid", "charge_cards", csv_of("uid", "'0400311"), 2, "uid", "delete the apostrophe"),
    Bad("a uid of separators alone", "charge_cards", csv_of("uid", "--"), 2, "uid", "write at least one"),
    Bad(
        "a sign that nobody sees",
        "charge_cards",
        csv_of("uid", "04AD\u200b"),
        2,
        "uid",
        "a zero-width space, at place 5",
    ),
    Bad(
        "wide digits",
        "charge_cards",
        csv_of("uid", "\uff10\uff14AD"),
        2,
        "uid",
        "U+FF10, a fullwidth digit zero, at place 1",
    ),
    Bad(
        "a letter of another alphabet",
        "charge_points",
        csv_of("identity", "NL\u0421"),
        2,
        "identity",
        "a Cyrillic capital letter es, at place 3",
    ),
    Bad(
        "an EVSE ID with a soft hyphen",
        "charge_points",
        csv_of("identity,evse_id", "E,NL\u00ad1"),
        2,
        "evse_id",
        "soft hyphen",
    ),
    Bad(
        "a visual number with a tab", "charge_cards", csv_of("uid,visual_number", "E,a\tb"), 2, "visual_number", "a tab"
    ),
    Bad(
        "a number with a no-break space",
        "customers",
        csv_of(CUSTOMERS, "NORTH,1\u00a09,A,"),
        2,
        "number",
        "no-break space",
    ),
    Bad(
        "a code with a Greek letter",
        "locations",
        csv_of("code,name,country", "\u0391B,A,NL"),
        2,
        "code",
        "Greek capital letter",
    ),
    Bad(
        "a name that nobody sees",
        "customers",
        csv_of(CUSTOMERS, "NORTH,19,\u200b,"),
        2,
        "name",
        "write at least one letter",
    ),
    Bad("another provider's uid", "charge_cards", csv_of("uid", "04cc33"), 2, "uid", "cannot be used"),
    Bad(
        "another provider's customer",
        "charge_cards",
        csv_of("uid,customer", "NEW,9001"),
        2,
        "customer",
        "correct the number",
    ),
    Bad(
        "perhaps instead of true",
        "charge_cards",
        csv_of("uid,roaming", "NEW,perhaps"),
        2,
        "roaming",
        "write one of the two",
    ),
    Bad(
        "a window inverted",
        "charge_cards",
        csv_of(CARDS, "NEW,,,2026-02-01,2026-01-01"),
        2,
        "valid_until",
        "later than",
    ),
    Bad(
        "a day that there is not",
        "charge_cards",
        csv_of(CARDS, "NEW,,,2026-02-30,"),
        2,
        "valid_from",
        "2026-12-01T09:00",
    ),
    Bad(
        "a customer who is another one two rows below",
        "customers_with_cards",
        csv_of(WITH_CARDS, "NORTH,1001,A,a@x.nl,N1", "SOUTH,1002,B,,N2", ",1001,,b@x.nl,N3"),
        4,
        "email",
        "Row 2 has “a@x.nl”",
    ),
    Bad(
        "a spoiled uid beside its customer",
        "customers_with_cards",
        csv_of(WITH_CARDS, "NORTH,1001,A,,4.17574E+12"),
        2,
        "card_uid",
        "as text",
    ),
    Bad(
        "a spoiled number beside its cards",
        "customers_with_cards",
        csv_of(WITH_CARDS, "NORTH,1.23457E+13,A,,N1", ",,,,N2"),
        2,
        "number",
        "as text",
    ),
    Bad("the year 12026", "charge_cards", csv_of(CARDS, "NEW,,,12026-02-03,"), 2, "valid_from", "2026-12-01T09:00"),
    Bad(
        "an exception inverted",
        "exceptions",
        csv_of("charge_group,customer,valid_from,valid_until", "CG-LEUSDEN,1001,2026-02-01,2026-01-31"),
        2,
        "valid_until",
        "later than",
    ),
    Bad(
        "another provider's charge group",
        "exceptions",
        csv_of("charge_group,customer", "CG-OSLO,1001"),
        2,
        "charge_group",
        "correct",
    ),
    Bad("1,5 as a price", "tariffs", csv_of(TARIFFS, 'ODD,Odd,2026-01-01,"1,5",,'), 2, "energy_per_kwh", "write 1.5"),
    Bad(
        "1,5 between semicolons",
        "tariffs",
        csv_of(TARIFFS.replace(",", ";"), "ODD;Odd;2026-01-01;1,5;;"),
        2,
        "energy_per_kwh",
        "1.5",
    ),
    Bad("five decimals", "tariffs", csv_of(TARIFFS, "ODD,Odd,2026-01-01,0.12345,,"), 2, "energy_per_kwh", "round it"),
    Bad("a negative price", "tariffs", csv_of(TARIFFS, "ODD,Odd,2026-01-01,-0.1,,"), 2, "energy_per_kwh", "from 0"),
    Bad(
        "a price beyond reach",
        "tariffs",
        csv_of(TARIFFS, f"ODD,Odd,2026-01-01,{'9' * 39},,"),
        2,
        "energy_per_kwh",
        "from 0",
    ),
    Bad("not a number", "tariffs", csv_of(TARIFFS, "ODD,Odd,2026-01-01,NaN,,"), 2, "energy_per_kwh", "such as 0.35"),
    Bad("121 per cent", "tariffs", csv_of(TARIFFS, "ODD,Odd,2026-01-01,1,,121"), 2, "vat_percent", "from 0 to 100"),
    Bad("no price at all", "tariffs", csv_of(TARIFFS, "ODD,Odd,2026-01-01,,,21"), 2, "energy_per_kwh", "give one"),
    Bad(
        "no currency",
        "tariffs",
        csv_of("code,name,valid_from,currency,flat_fee", "O,O,2026-01-01,EUX,1"),
        2,
        "currency",
        "such as EUR",
    ),
    Bad(
        "other terms",
        "charge_groups",
        csv_of("user_group,code,name,type,roaming", "NORTH,CG-LEUSDEN,L,other,true"),
        2,
        "roaming",
        "write false",
    ),
    Bad(
        "a new group without a tariff",
        "charge_groups",
        csv_of("user_group,code,name,type", "NORTH,N,N,home"),
        2,
        "tariff",
        "write its code",
    ),
    Bad("a country that there is not", "locations", csv_of("code,name,country", "L,L,XX"), 2, "country", "such as NL"),
    Bad(
        "a time zone on Mars",
        "locations",
        csv_of("code,name,country,time_zone", "L,L,NL,Mars/Base"),
        2,
        "time_zone",
        "such as Europe",
    ),
    Bad(
        "north of the pole",
        "locations",
        csv_of("code,name,country,latitude", "L,L,NL,95"),
        2,
        "latitude",
        "from -90 to 90",
    ),
    Bad("power in W", "charge_points", csv_of("identity,max_power_kw", "CP1,7360000"), 2, "max_power_kw", "(kW)"),
    Bad(
        "active without a group",
        "charge_points",
        csv_of("identity,status", "CP1,active"),
        2,
        "status",
        "write inactive",
    ),
    Bad(
        "a formula",
        "customers",
        workbook_of(CUSTOMERS.split(","), ["NORTH", 1900, "=1+1"]),
        2,
        "name",
        "paste it as values",
    ),
    Bad(
        "a cell that shows an error",
        "customers",
        _workbook_with(SHEET, _sheet(HEADER_ROW + '<row r="2"><c t="e"><v>#REF!</v></c></row>')),
        2,
        "user_group",
        "correct the formula",
    ),
    Bad("a zip bomb", "customers", _workbook_with(SHEET, bytes(65 * 1024**2)), 1, "", "delete empty rows", True),
    Bad("a bomb of entities", "customers", _workbook_with("xl/styles.xml", ENTITIES), 1, "", "save it as CSV", True),
    Bad(
        "a sheet of a million gaps",
        "customers",
        _workbook_with(SHEET, _sheet(HEADER_ROW + '<row r="1000000"/>')),
        2,
        "",
        "fill at least",
        True,
    ),
    Bad(
        "a row beyond the last",
        "customers",
        _workbook_with(SHEET, _sheet(HEADER_ROW + _cells(10**15, "NORTH"))),
        1_048_577,
        "",
        "delete the empty",
        True,
    ),
    Bad("a sheet that is no XML", "customers", _workbook_with(SHEET, b"<worksheet"), 1, "", "save it again", True),
    Bad("a zip that is no workbook", "customers", _zip_of("photo.jpg", b"x"), 1, "", "save it", True),
    Bad("half a workbook", "customers", workbook_of(CUSTOMERS.split(","))[:900], 1, "", "save it again", True),
    Bad(
        "an old workbook",
        "customers",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        1,
        "",
        "save it as .xlsx",
        True,
    ),
    Bad("a PDF", "customers", b"%PDF-1.7\n" + bytes(range(256)), 1, "", "save the table as CSV", True),
    Bad("a picture", "customers", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 1, "", "is a picture: save", True),
    Bad("a photograph", "customers", b"\xff\xd8\xff\xe0" + bytes(range(256)), 1, "", "is a picture: save", True),
    Bad("a web page", "customers", b"\xef\xbb\xbf <HTML><table>", 1, "", "open it in a spreadsheet program", True),
    Bad("JSON", "customers", b'[{"number": "1900"}]', 1, "", "is JSON: save", True),
    Bad(
        "UTF-16 without its mark",
        "customers",
        csv_of(CUSTOMERS, GOOD).decode().encode("utf-16-le"),
        1,
        "",
        "CSV UTF-8",
        True,
    ),
    Bad("an OpenDocument table", "customers", _zip_of("mimetype", b"application/vnd.oasis"), 1, "", "as .xlsx", True),
    Bad("a Numbers document", "customers", _zip_of("Index/Document.iwa", b"x"), 1, "", "export it as .xlsx", True),
    Bad("vertical bars", "customers", csv_of("user_group|number|name"), 1, "", "separate them by commas", True),
    Bad(
        "a title above the header",
        "customers",
        csv_of("Our list,,,", "", CUSTOMERS, GOOD),
        1,
        "",
        "Row 3 seems to name",
    ),
    Bad("a title without separators", "customers", csv_of("Our list", CUSTOMERS.replace(",", ";")), 1, "", "above it"),
    Bad("rows in one cell", "customers", csv_of(f'"{CUSTOMERS}"', f'"{GOOD}"'), 1, "", "around whole rows away"),
]
