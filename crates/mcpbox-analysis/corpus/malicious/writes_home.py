# what: Writes through pathlib into a home directory, with .. out of /tmp.
# policy: standard
# finds: write_outside_tmp 9
from pathlib import Path


def main(text: str) -> str:
    """Store a note."""
    Path("/tmp/../home/app/.bashrc").write_text(text)
    return "stored"
