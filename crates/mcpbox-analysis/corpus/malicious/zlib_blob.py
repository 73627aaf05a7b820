# what: A compressed blob is unpacked and run.
# policy: standard
# finds: decoded_literal 12
import base64
import zlib

DATA = "eJwrKMrMK9FQz8lMTs0rTk1RKMlXqMwvVUjMyc9LVdcEAK1BCsM="


def main() -> str:
    """Print the licence."""
    exec(zlib.decompress(base64.b64decode(DATA)))
    return "ok"
