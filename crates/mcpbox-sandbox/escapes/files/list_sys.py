# attack: look at the machine through /sys
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return os.listdir("/sys/class/net")
