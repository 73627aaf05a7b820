# attack: use up memory that grows downwards like a stack, which does not count as private
# expect: ENOMEM
# layers: limits
# with: syscall
def main(canary):
    for _ in range(90):
        syscall("mmap", 0, 8 << 20, 3, 0x122, -1, 0)
    return "mapped"
