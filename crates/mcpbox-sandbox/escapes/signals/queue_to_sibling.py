# attack: queue a signal with data to another call
# expect: EPERM
# layers: landlock seccomp
# with: syscall
def main(canary):
    information = (ctypes.c_int * 32)(10, 0, -1)
    syscall("rt_sigqueueinfo", canary["sibling"]["pid"], 10, ctypes.byref(information))
    return "signalled"
