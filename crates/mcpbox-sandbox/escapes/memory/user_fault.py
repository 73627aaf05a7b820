# attack: catch page faults in user space, which stretches races in the kernel at will
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("userfaultfd", 1)
