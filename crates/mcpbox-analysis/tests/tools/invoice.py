import dataclasses
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum


class Currency(str, Enum):
    EUR = "EUR"
    USD = "USD"


@dataclass
class Item:
    """One position.

    Attributes:
        price: Net price of one piece.
    """

    name: str
    price: Decimal
    count: int = 1


@dataclass
class Address:
    street: str
    city: str
    country: str = "DE"


@dataclass
class Invoice:
    net: str
    tax: str
    gross: str
    currency: Currency
    due: date
    notes: list[str] = field(default_factory=list)

    def __post_init__(self):
        if not self.notes:
            self.notes = ["Thank you."]


def main(items: list[Item], customer: Address, due: date, currency: Currency = Currency.EUR, rate: float = 0.19) -> Invoice:
    """Compute an invoice.

    Parameters
    ----------
    items : list of Item
        What was sold.
    customer : Address
        Who pays.
    due : date
        Day of payment.
    rate : float, optional
        Tax rate.
    """
    cent = Decimal("0.01")
    net = sum((item.price * item.count for item in items), Decimal(0))
    tax = (net * Decimal(str(rate))).quantize(cent, rounding=ROUND_HALF_UP)
    invoice = Invoice(net=f"{net:.2f}", tax=f"{tax:.2f}", gross=f"{net + tax:.2f}", currency=currency, due=due)
    return dataclasses.replace(invoice, notes=[*invoice.notes, customer.city])
