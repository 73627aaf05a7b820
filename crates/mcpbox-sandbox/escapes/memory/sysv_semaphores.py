# attack: leave state for the next call in a System V semaphore
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    group = syscall("semget", 0, 1, 0o1600)
    _libc.semctl(group, 0, 0)
    return group
