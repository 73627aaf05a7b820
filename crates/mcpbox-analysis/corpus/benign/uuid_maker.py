# what: A number of UUIDs.
import uuid


def main(count: int = 1) -> list[str]:
    """Make random UUIDs."""
    return [str(uuid.uuid4()) for _ in range(min(count, 100))]
