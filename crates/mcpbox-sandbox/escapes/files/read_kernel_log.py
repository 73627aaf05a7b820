# attack: read the kernel's log through its device
# expect: ENOENT | EACCES
# layers: root landlock capabilities
import os


def main(canary):
    return os.read(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), 8192).decode("latin-1")
