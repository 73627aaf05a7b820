# attack: find out which programs are installed
# expect: FileNotFoundError
# layers: root
# open in tier 2: which programs are installed
import shutil


def main(canary):
    found = shutil.which("sh", path="/bin:/usr/bin")
    if found is None:
        raise FileNotFoundError("no shell")
    return found
