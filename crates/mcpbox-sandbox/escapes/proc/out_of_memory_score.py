# attack: make the kernel kill others first
# expect: ENOENT | EACCES
# layers: root landlock capabilities
def main(canary):
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("0")
    return "written"
