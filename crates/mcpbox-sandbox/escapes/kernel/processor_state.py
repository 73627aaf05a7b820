# attack: switch off an instruction for this process
# expect: EPERM
# layers: seccomp
# with: syscall
# only: x86_64
def main(canary):
    return reach("arch_prctl", 0x1011, 0)
