# attack: replace the compiled form of the code that starts the next call
# expect: EACCES | EROFS
# layers: root landlock capabilities
import os

import lockdown


def main(canary):
    path = os.path.dirname(lockdown.__file__) + "/__pycache__/" + canary["name"] + ".pyc"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)
    return "created"
