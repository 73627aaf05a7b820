# attack: leave a file at the root for the next call
# expect: EACCES | EROFS
# layers: root landlock capabilities
import os


def main(canary):
    path = "/" + canary["name"]
    open(path, "x").close()
    os.unlink(path)
    return "created"
