# what: Runs code that it downloads.
# policy: standard
# hosts: raw.githubusercontent.com (GET)
# finds: forbidden_builtin 9
async def main(task: str) -> dict:
    """Run a task of the library."""
    source = (await http.get(f"https://raw.githubusercontent.com/acme/tasks/main/{task}.py")).text
    space: dict = {}
    exec(source, space)
    return space["run"]()
