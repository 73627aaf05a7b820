# attack: reach the host's file system through the link to the own executable
# expect: ENOENT | EACCES
# layers: root
# open in tier 2: the interpreter, which it may read anyway
def main(canary):
    return open("/proc/self/exe", "rb").read(4).hex()
