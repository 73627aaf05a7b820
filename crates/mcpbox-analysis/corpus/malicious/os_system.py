# what: A shell through os, under another name.
# policy: standard
# finds: powerful_module 5
# finds: built_shell 10
from os import system as run_backup


def main(folder: str) -> int:
    """Back a folder up."""
    return run_backup("tar czf /tmp/backup.tgz " + folder)
