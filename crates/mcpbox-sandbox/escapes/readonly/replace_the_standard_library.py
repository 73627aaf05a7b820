# attack: replace a module of the standard library
# expect: EACCES | EROFS
# layers: root landlock capabilities
import os


def main(canary):
    with open(os.__file__, "a") as file:
        file.write("")
    return "opened for writing"
