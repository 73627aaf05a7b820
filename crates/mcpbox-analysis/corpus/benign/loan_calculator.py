# what: Payments of a loan with decimals.
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def main(amount: Decimal, yearly_rate: float, years: int) -> dict:
    """Monthly payment and total interest of a loan."""
    months = years * 12
    rate = Decimal(str(yearly_rate)) / 1200
    if rate == 0:
        payment = amount / months
    else:
        factor = (1 + rate) ** months
        payment = amount * rate * factor / (factor - 1)
    payment = payment.quantize(CENT, ROUND_HALF_UP)
    return {"monthly": str(payment), "interest": str((payment * months - amount).quantize(CENT))}
