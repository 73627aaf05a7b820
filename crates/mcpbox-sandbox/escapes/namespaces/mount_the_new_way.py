# attack: the same by the newer calls
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return syscall("fsopen", b"tmpfs", 0)
