# attack: give the code that locks children down a second name
# expect: EXDEV | EACCES | EROFS
# layers: root landlock capabilities
import os

import lockdown


def main(canary):
    path = os.path.dirname(lockdown.__file__) + "/" + canary["name"]
    os.link(lockdown.__file__, path)
    os.unlink(path)
    return "linked"
