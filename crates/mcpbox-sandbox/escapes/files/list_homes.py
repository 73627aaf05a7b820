# attack: list home directories, keys and mail
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return os.listdir("/home")
