# attack: change the segment table, a frequent source of holes
# expect: EPERM
# layers: seccomp
# with: syscall
# only: x86_64
def main(canary):
    return syscall("modify_ldt", 0, ctypes.create_string_buffer(16), 16)
