# what: Factors of a number, with a loop that ends.
def main(number: int) -> list[int]:
    """Prime factors of a number up to 10^12."""
    if not 2 <= number <= 10**12:
        raise ValueError("between 2 and 10^12")
    factors, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1 if divisor == 2 else 2
    return factors + ([number] if number > 1 else [])
