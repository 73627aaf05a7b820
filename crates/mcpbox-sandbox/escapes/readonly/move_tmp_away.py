# attack: rename the folder on which the next call's /tmp is mounted
# expect: EACCES | EROFS | EBUSY | EPERM
# layers: root landlock capabilities
import os


def main(canary):
    scratch = os.path.realpath("/tmp")
    if scratch == "/tmp":
        raise PermissionError(1, "this is the host's own /tmp: not even tried")
    os.rename(scratch, scratch + ".moved")
    os.rename(scratch + ".moved", scratch)
    return "moved and put back"
