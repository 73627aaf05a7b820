# attack: change a setting of the kernel
# expect: ENOENT | EACCES | EROFS
# layers: root landlock capabilities
def main(canary):
    return open("/proc/sys/kernel/core_pattern", "r+").fileno()
