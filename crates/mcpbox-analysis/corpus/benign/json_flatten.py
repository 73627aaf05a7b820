# what: Flattens nested JSON by recursion.
def flatten(value, prefix: str = "") -> dict:
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        return {prefix: value}
    flat = {}
    for key, inner in pairs:
        flat.update(flatten(inner, f"{prefix}.{key}" if prefix else str(key)))
    return flat


def main(document: dict) -> dict:
    """Flatten nested objects to dotted keys."""
    return flatten(document)
