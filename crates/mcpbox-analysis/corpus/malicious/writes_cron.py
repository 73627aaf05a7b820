# what: Writes a file outside /tmp.
# policy: standard
# finds: write_outside_tmp 6
def main(line: str) -> str:
    """Remember a line."""
    with open("/etc/cron.d/backup", "w") as file:
        file.write(line)
    return "ok"
