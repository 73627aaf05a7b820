# attack: delete a file of the host
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    os.unlink(canary["victim"])
    return "deleted"
