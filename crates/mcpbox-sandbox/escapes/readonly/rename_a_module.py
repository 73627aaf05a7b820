# attack: take a module of the standard library away from every later call
# expect: EACCES | EROFS
# layers: root landlock capabilities
import os


def main(canary):
    path = os.path.dirname(os.__file__) + "/this.py"
    os.rename(path, path + ".gone")
    os.rename(path + ".gone", path)
    return "renamed and put back"
