# what: Totals of an invoice with dataclasses as parameters.
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal


@dataclass
class Line:
    """A line of an invoice."""

    text: str
    quantity: int
    price: Decimal
    tax: Literal[0, 7, 19] = 19


@dataclass
class Total:
    net: Decimal
    tax: Decimal
    gross: Decimal
    by_rate: dict[str, Decimal] = field(default_factory=dict)


def main(lines: list[Line]) -> Total:
    """Sum up an invoice."""
    rates: dict[str, Decimal] = {}
    net = Decimal(0)
    for line in lines:
        amount = line.quantity * line.price
        net += amount
        rates[f"{line.tax}%"] = rates.get(f"{line.tax}%", Decimal(0)) + amount * line.tax / 100
    tax = sum(rates.values(), Decimal(0))
    return Total(net=net, tax=tax, gross=net + tax, by_rate=rates)
