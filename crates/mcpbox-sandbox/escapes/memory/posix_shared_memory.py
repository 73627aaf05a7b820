# attack: share memory with another call through /dev/shm
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    path = "/dev/shm/" + canary["name"]
    os.close(os.open(path, os.O_CREAT | os.O_RDWR))
    os.unlink(path)
    return "shared"
