# what: Imports by a reversed name.
# policy: standard
# finds: computed_import 9
import importlib


def main() -> str:
    """Name of the machine."""
    module = importlib.import_module("so"[::-1])
    return module.uname().nodename
