# attack: open again what another process has open
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return os.listdir(f"/proc/{canary['pid']}/fd")
