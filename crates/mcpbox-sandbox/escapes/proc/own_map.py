# attack: learn the address layout that all siblings share
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open("/proc/self/maps").read()
