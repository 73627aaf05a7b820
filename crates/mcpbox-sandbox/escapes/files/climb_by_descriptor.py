# attack: open a directory as a mere path handle and climb from there
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    handle = os.open("/", os.O_PATH | os.O_DIRECTORY)
    fd = os.open("../" * 10 + canary["public"].lstrip("/"), os.O_RDONLY, dir_fd=handle)
    return os.read(fd, 100).decode()
