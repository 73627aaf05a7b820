# what: Adds a task to Todoist.
# hosts: api.todoist.com (POST)
# secrets: TODOIST_TOKEN sealed -> api.todoist.com
async def main(content: str, due: str | None = None, priority: int = 1) -> dict:
    """Add a task to my list; due may be words like 'tomorrow at 9'."""
    task = {"content": content, "priority": priority}
    if due:
        task["due_string"] = due
    reply = await http.post(
        "https://api.todoist.com/rest/v2/tasks", json=task, headers={"Authorization": f"Bearer {secrets['TODOIST_TOKEN']}"}
    )
    reply.raise_for_status()
    return {"id": reply.json()["id"], "url": reply.json()["url"]}
