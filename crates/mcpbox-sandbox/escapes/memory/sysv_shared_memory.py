# attack: share memory with another call, or leave it for the next, as System V shared memory
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    segment = syscall("shmget", 0, 4096, 0o1600)
    _libc.shmctl(segment, 0, None)
    return segment
