# what: Random passwords; the module secrets under another name.
import secrets as random_secrets
import string


def main(length: int = 20, symbols: bool = True) -> str:
    """Make a random password."""
    if not 8 <= length <= 128:
        raise ValueError("between 8 and 128 characters")
    alphabet = string.ascii_letters + string.digits + ("!#$%&*+-_=?" if symbols else "")
    return "".join(random_secrets.choice(alphabet) for _ in range(length))
