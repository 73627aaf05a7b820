# what: Forks in an endless loop.
# policy: standard
# finds: powerful_module 6
# finds: endless_loop 11
# finds: process_start 12
import os


def main() -> int:
    """Warm the cache."""
    while True:
        os.fork()
