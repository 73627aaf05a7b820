# attack: queue a signal with data to a thread outside the jail
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    information = (ctypes.c_int * 32)(10, 0, -1)
    syscall("rt_tgsigqueueinfo", canary["pid"], canary["pid"], 10, ctypes.byref(information))
    return "signalled"
