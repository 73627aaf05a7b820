# attack: take hold of namespaces through their files
# expect: ENOENT | EACCES
# layers: root
# open in tier 2: handles on its own namespaces, which no allowed call takes
import os


def main(canary):
    return os.open("/proc/self/ns/net", os.O_RDONLY)
