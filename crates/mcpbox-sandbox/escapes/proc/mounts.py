# attack: learn the host's mounts and paths
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open("/proc/self/mountinfo").read()
