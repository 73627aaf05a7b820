# attack: read the disk underneath the file system
# expect: ENOENT | EACCES
# layers: root landlock capabilities
import os


def main(canary):
    return os.read(os.open(canary["disk"], os.O_RDONLY), 16).hex()
