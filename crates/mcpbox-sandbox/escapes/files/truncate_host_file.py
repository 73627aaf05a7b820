# attack: empty a file of the host
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    os.truncate(canary["victim"], 0)
    return "truncated"
