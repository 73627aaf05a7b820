# attack: list the data directory of the server, where the database and the key are
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return os.listdir(canary["data"])
