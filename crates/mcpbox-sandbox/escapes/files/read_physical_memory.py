# attack: read physical memory
# expect: ENOENT | EACCES
# layers: root landlock capabilities
import os


def main(canary):
    return os.read(os.open("/dev/mem", os.O_RDONLY), 1).hex()
