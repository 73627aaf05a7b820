# attack: switch off address randomisation and page protection
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("personality", 0xFFFFFFFF)
