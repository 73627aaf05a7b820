# attack: prepare another kernel
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("kexec_load", 0, 0, 0, 0x8000)
