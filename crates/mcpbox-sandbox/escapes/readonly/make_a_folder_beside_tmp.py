# attack: make a folder beside the call's own /tmp that the next call would see
# expect: EACCES | EROFS
# layers: root landlock capabilities
import os


def main(canary):
    path = os.path.dirname(os.path.realpath("/tmp")).rstrip("/") + "/" + canary["name"]
    os.mkdir(path)
    os.rmdir(path)
    return "made"
