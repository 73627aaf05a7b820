# what: An own len that lies, and a print that does nothing.
# finds: shadowed_builtin 3
def len(value) -> int:
    return 0


def main(password: str) -> bool:
    """Whether a password is too short."""
    return len(password) < 8
