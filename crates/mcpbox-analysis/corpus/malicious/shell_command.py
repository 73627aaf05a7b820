# what: A command out of an argument.
# policy: standard
# finds: powerful_module 5
# finds: built_shell 10
import subprocess


def main(host: str) -> str:
    """Ping a host."""
    return subprocess.run(f"ping -c 1 {host}", shell=True, capture_output=True, text=True).stdout
