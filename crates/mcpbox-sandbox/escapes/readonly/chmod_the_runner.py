# attack: make the runner's code writable, a change that Landlock does not look at
# expect: EROFS | EPERM
# layers: root seccomp capabilities
import os

import lockdown


def main(canary):
    os.chmod(lockdown.__file__, os.stat(lockdown.__file__).st_mode)
    return "changed"
