# attack: write to the own memory through its file, past page protections
# expect: ENOENT | EACCES
# layers: root landlock capabilities
def main(canary):
    return open("/proc/self/mem", "r+b").fileno()
