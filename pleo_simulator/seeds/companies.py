"""The demo companies: fictional firms, one per currency and one with three wallets."""

from dataclasses import dataclass

from .ids import uid


@dataclass(frozen=True)
class Company:
    slug: str
    name: str
    country: str
    wallets: tuple[str, ...]
    standard_rate: int
    low_rate: int
    address: tuple[str, str, str]
    registration: str
    amount_factor: int = 1

    @property
    def id(self) -> str:
        return uid("company", self.slug)

    @property
    def currency(self) -> str:
        return self.wallets[0]

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"


COMPANIES = (
    Company(
        "kestrelwerk",
        "Kestrelwerk Maschinenbau GmbH",
        "DE",
        ("EUR",),
        19,
        7,
        ("Hafenallee 14", "20457", "Hamburg"),
        "HRB 990142",
    ),
    Company(
        "nordhavn",
        "Nordhavn Instruments A/S",
        "DK",
        ("DKK",),
        25,
        0,
        ("Kajgade 7", "2150", "Nordhavn"),
        "99014201",
        amount_factor=7,
    ),
    Company(
        "brackenvale",
        "Bracken & Vale Ltd",
        "GB",
        ("GBP",),
        20,
        5,
        ("3 Tannery Yard", "BS1 9ZZ", "Bristol"),
        "99014202",
    ),
    Company(
        "fjordline",
        "Fjordline Analytics AB",
        "SE",
        ("EUR", "USD", "SEK"),
        25,
        12,
        ("Varvsgatan 21", "111 99", "Stockholm"),
        "559901-4203",
    ),
)
WALLET_ACCOUNTS = {"EUR": "1940", "DKK": "1941", "GBP": "1942", "USD": "1943", "SEK": "1944"}
GROUP_LOGIN = ("group-accountant@pleo-demo.example", "demo-group", "Group Accountant")


@dataclass(frozen=True)
class Employee:
    code: str
    role: str
    team: str


EMPLOYEES = (
    Employee("E01", "Sales Manager", "Sales"),
    Employee("E02", "Field Engineer 1", "Engineering"),
    Employee("E03", "Field Engineer 2", "Engineering"),
    Employee("E04", "Office Coordinator", "Operations"),
    Employee("E05", "Operations Lead", "Operations"),
    Employee("E06", "Marketing Specialist", "Marketing"),
)
SALES, ENGINEER_1, ENGINEER_2, OFFICE, OPERATIONS, MARKETING = range(6)  # of EMPLOYEES
# Units of a thousandth of the company's currency per foreign unit, only to be believable.
USD = {"EUR": 920, "DKK": 6860, "GBP": 790}


@dataclass(frozen=True)
class Supplier:
    key: str
    name: str
    country: str | None
    category: str
    card_text: str


# None as country: the company's own.
SUPPLIERS = (
    Supplier("canteen", "Harbour Canteen", None, "5812", "HARBOUR CANTEEN 0231"),
    Supplier("hotel", "Quayside Hotel", None, "7011", "QUAYSIDE HOTEL"),
    Supplier("rail", "Overland Rail", None, "4112", "OVERLAND RAIL WEB"),
    Supplier("office", "Paperwright Office Supply", None, "5943", "PAPERWRIGHT OFFICE"),
    Supplier("fuel", "Milestone Service Station", None, "5541", "MILESTONE STATION 44"),
    Supplier("tools", "Ironlark Tools", None, "5251", "IRONLARK TOOLS"),
    Supplier("consultants", "Alder & Finch Consulting", None, "7392", "ALDER FINCH CONSULT"),
    Supplier("rent", "Lantern Yard Estates", None, "6513", "LANTERN YARD ESTATES"),
    Supplier("cloud", "Northlight Cloud Inc", "US", "5734", "NORTHLIGHT*CLOUD"),
    Supplier("design", "Pixelmoor Design Ltd", "IE", "7333", "PIXELMOOR DESIGN"),
    Supplier("kiosk", "Kumonoki Station Kiosk", "JP", "5994", "KUMONOKI KIOSK"),
)
