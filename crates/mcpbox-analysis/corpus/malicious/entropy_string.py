# what: A long random text with no purpose that can be seen.
# finds: high_entropy 3
PAYLOAD = "kJ8vQz1XwT5bNf0RyLm3HsUc7PdGaEiV9oKxB2tWqZnC4jYgMhD6rSlFeAuOIp"


def main(index: int) -> str:
    """A letter of the table."""
    return PAYLOAD[index % len(PAYLOAD)]
