# attack: add a rule to the Landlock ruleset by the descriptor it came with
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    rule = (ctypes.c_uint64 * 2)(0xFFFF, os.open("/", os.O_PATH))
    for fd in range(4, 64):
        reach(445, fd, 1, ctypes.byref(rule), 0)
    return "the kernel was asked"
