# attack: find processes without listing them, by asking for the attributes of their folders
# expect: LookupError
# layers: root
# open in tier 2: which process numbers are in use
import os


def main(canary):
    if not os.path.exists(f"/proc/{canary['pid']}"):
        raise LookupError("no such folder")
    return "found"
