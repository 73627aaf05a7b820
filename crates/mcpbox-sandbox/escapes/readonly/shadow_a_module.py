# attack: put a module into the standard library that every later zygote would import
# expect: EACCES | EROFS
# layers: root landlock capabilities
import os


def main(canary):
    path = os.path.dirname(os.__file__) + "/" + canary["name"] + ".py"
    open(path, "x").close()
    os.unlink(path)
    return "created"
