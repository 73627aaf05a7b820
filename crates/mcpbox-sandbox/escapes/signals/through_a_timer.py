# attack: make a timer, each of which costs kernel memory and signals as told
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    timer = ctypes.c_int()
    return syscall("timer_create", 1, 0, ctypes.byref(timer))
