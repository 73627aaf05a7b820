# what: Calls into the C library.
# policy: standard
# finds: powerful_module 4
import ctypes


def main() -> int:
    """Process number."""
    return ctypes.CDLL(None).getpid()
